import type { Checkpoint, Note, StoredTensor } from '../checkpoints/checkpoint'
import { buildContextDecoder } from '../graph/context-decoder'
import type { Graph } from '../graph/graph'
import { quickGelu } from '../graph/layers'
import { Ledger, Scope } from '../graph/scope'
import { buildScoreMap } from '../graph/score-map'
import { toFloat32 } from '../tensor'
import type { Architecture, Companions, Detection, GraphStage, Overrides, Stage, TensorSpec } from './architecture'
import { decodeHeadStage, upsampleStage, type ScoreJoin } from './decoder-stages'
import { clipTextStage } from './clip-text'
import { configuredNumber, Facts } from './facts'
import { graphStage } from './graph-stage'
import { imagePromptKind, withImagePrompt } from './image-prompt'
import type { ImageSide } from './image-side'
import { readMmcvMeta, type PlainTree } from './mmcv-meta'
import { CLIP_NORMALIZATION, configuredPreprocess, IMAGENET_NORMALIZATION } from './preprocess'
import { resnetSide } from './resnet-side'
import { reshaped } from './stored-views'
import * as specs from './tensor-specs'
import { denseVitSide } from './vit-side'

/** Heads that only detectors have; they are recognised and not run. */
const DETECTION_HEADS = ['bbox_head.', 'rpn_head.', 'roi_head.']
/** Parts that are for training alone. */
const TRAINING_PARTS = ['identity_head.', 'auxiliary_head.']
/** The pool of DenseCLIP's ResNets has 32 heads whatever its width. */
const POOL_HEADS = 32
/** The temperature of the published models. */
const TAU = 0.07

/**
 * DenseCLIP (Rao et al., CVPR 2022), for segmentation and for detection, as mmcv saves it:
 * github.com/raoyongming/DenseCLIP, segmentation/denseclip and detection/denseclip.
 */
export const denseclip = {
  name: 'denseclip',
  async detect(checkpoint: Checkpoint, overrides: Overrides, companions: Companions): Promise<Detection | undefined> {
    const names = [...checkpoint.stateDict.keys()]
    const hasAny = (prefix: string) => names.some((name) => name.startsWith(prefix))
    if (!hasAny('backbone.') || !hasAny('text_encoder.') || !hasAny('context_decoder.')) return undefined

    const file = checkpoint.source.name
    const ledger = new Ledger(checkpoint.stateDict, file)
    const root = new Scope(ledger)
    const meta = readMmcvMeta(checkpoint)
    const facts = new Facts(overrides, file)
    const head = DETECTION_HEADS.find(hasAny)
    const isVit = root.at('backbone').hasAny('transformer')

    const backbone = meta.config.at('model', 'backbone')
    const configuredHeads = backbone.at('heads').number()
    const image = isVit
      ? denseVitSide(root.at('backbone'), facts, {
          file,
          configuredHeads,
          configuredOutIndices: backbone.at('out_indices').numbers()
        })
      : resnetSide(root.at('backbone'), facts, {
          fit: head ? 'crop' : 'bilinear',
          heads: () => ({ configured: configuredHeads, rule: POOL_HEADS })
        })
    const gamma = root.take('gamma')
    const kind = imagePromptKind(facts)
    const text = clipTextStage(root.at('text_encoder'), facts, {
      contexts: (width) => {
        const contexts = root.take('contexts', [1, undefined, width])
        return reshaped(contexts, contexts.shape.slice(1))
      },
      inserted: kind === 'none' ? 0 : 1,
      configuredHeads: meta.config.at('model', 'text_encoder', 'transformer_heads').number(),
      channels: image.channels,
      activation: quickGelu
    })
    const { channels } = image
    const words = withImagePrompt(text, { kind, channels, projection: companions.projection, file })
    const decoder = contextDecoder(root.at('context_decoder'), facts, meta.config)
    const join = scoreJoin(root.at('neck'), image, head !== undefined)
    if (join) {
      facts.fromShape('score_concat_index', join.level)
      facts.fromShape('classes', join.classes)
    }
    const tau = facts.number('tau', configuredNumber(meta.config, ['model', 'tau'], TAU))
    const hasDecodeHead = !head && join !== undefined && hasAny('decode_head.')

    const stages: Stage[] = [
      ...image.stages,
      ...words.stages,
      graphStage(decoder),
      graphStage(buildScoreMap(image.channels, head ? tau : undefined)),
      ...(hasDecodeHead ? decodeStages(root, facts, image, join) : [])
    ]
    const tensors: TensorSpec[] = [
      ...image.tensors,
      ...words.tensors,
      ...specs.REFINEMENT,
      specs.SCORE_MAP,
      ...(head ? [specs.SCORE_MAP_JOINED] : []),
      ...(hasDecodeHead ? [...specs.PYRAMID, ...specs.LOGITS] : [])
    ]

    const explained = [...TRAINING_PARTS, ...(head ? [...DETECTION_HEADS, 'neck.'] : [])]
    root.ignore((name) => name.endsWith('.num_batches_tracked') || explained.some((part) => name.startsWith(part)))

    return {
      system: head ? 'denseclip-detection' : 'denseclip',
      summary: `DenseCLIP${head ? ' for detection' : ''}, ${image.summary}${words.summary}`,
      reason: reason(join, head),
      facts: facts.list,
      classes: meta.classes,
      palette: meta.palette,
      gamma: await gammaValues(gamma, image.channels, ledger),
      tau,
      preprocess: configuredPreprocess(meta.config, published(image, head !== undefined)),
      tensors,
      stages,
      ...(words.needs.length > 0 && { needs: words.needs }),
      ...ledger.account(),
      notes: [
        ...words.notes,
        ...facts.unusedOverrides(),
        ...headNotes(head, hasDecodeHead),
        ...classNotes(meta.classes, join)
      ]
    }
  }
} satisfies Architecture

function contextDecoder(scope: Scope, facts: Facts, config: PlainTree): Graph {
  const [width = 0] = scope.take('text_proj.1.weight', [undefined, undefined]).shape
  facts.fromShape('decoder_width', width)
  facts.fromShape('decoder_layers', scope.at('decoder').count())
  const configured = configuredNumber(config, ['model', 'context_decoder', 'transformer_heads'], 4)
  return buildContextDecoder(scope, { heads: facts.heads('decoder_heads', width, configured) })
}

/** The level whose lateral convolution takes more channels than the feature has: the score map brings them. */
function scoreJoin(neck: Scope, image: ImageSide, isDetector: boolean): ScoreJoin | undefined {
  // RetinaNet's neck starts at x2
  const laterals = neck.at('lateral_convs')
  const first = isDetector ? image.featureChannels.length - laterals.count() : 0
  for (let level = first; level < image.featureChannels.length; level++) {
    const name = `${level - first}.conv.weight`
    if (!laterals.has(name)) continue
    const [, inputs = 0] = laterals.take(name, [undefined, undefined, 1, 1]).shape
    const classes = inputs - (image.featureChannels[level] ?? 0)
    if (classes > 0) return { level, classes }
  }
  return undefined
}

function decodeStages(root: Scope, facts: Facts, image: ImageSide, join: ScoreJoin): GraphStage[] {
  const [classes = 0] = root.take('decode_head.conv_seg.weight', [undefined, undefined, 1, 1]).shape
  facts.fromShape('fpn_channels', root.take('neck.fpn_convs.0.conv.weight').shape[0] ?? 0)
  return [decodeHeadStage(root, { featureChannels: image.featureChannels, join, classes }), upsampleStage(classes)]
}

/** γ, one a channel; a single stored number holds for all. */
async function gammaValues(gamma: StoredTensor, channels: number, ledger: Ledger): Promise<number[] | undefined> {
  if (ledger.missing.has(gamma.name)) return undefined
  const values = [...toFloat32(await gamma.read()).data]
  const [single = 0] = values
  return values.length === 1 ? Array.from({ length: channels }, () => single) : values
}

/** The published test pipelines: whole grids for segmentation, COCO's 1333×800 for detection. */
function published({ isClip, trainedSide }: ImageSide, isDetector: boolean) {
  const common = {
    ...(isClip ? CLIP_NORMALIZATION : IMAGENET_NORMALIZATION),
    window: trainedSide,
    stride: Math.floor((trainedSide * 2) / 3)
  }
  return isDetector
    ? { ...common, shortSide: 800, maxLongSide: 1333, padToMultipleOf: 32 }
    : { ...common, shortSide: trainedSide, maxLongSide: 2048, padToMultipleOf: undefined }
}

function reason(join: ScoreJoin | undefined, head: string | undefined): string {
  const parts = 'It has a text encoder, learned contexts and a context decoder beside its backbone'
  const joined = join ? `, and its neck takes ${join.classes} more channels than x${join.level + 1} has` : ''
  return `${parts}${joined}${head ? `; ${head} is a detector's` : ''}.`
}

function headNotes(head: string | undefined, hasDecodeHead: boolean): Note[] {
  if (head) {
    return [{ code: 'assumed', message: 'Neck and box heads of the detector are not run; everything before them is.' }]
  }
  if (hasDecodeHead) return []
  return [{ code: 'assumed', message: 'The file has no decode head for its score map, so there are no logits.' }]
}

function classNotes(classes: readonly string[] | undefined, join: ScoreJoin | undefined): Note[] {
  if (!join || !classes || classes.length === join.classes) return []
  return [
    {
      code: 'assumed',
      message: `The file names ${classes.length} classes, but its decoder is made for ${join.classes}.`
    }
  ]
}
