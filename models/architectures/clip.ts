import type { Checkpoint, Note, StateDict } from '../checkpoints/checkpoint'
import { gelu, quickGelu } from '../graph/layers'
import { Ledger, Scope } from '../graph/scope'
import { buildCosineMap, buildPictureLogits } from '../graph/score-map'
import type { Architecture, Detection, Overrides } from './architecture'
import { fromCustomText, fromHuggingFace } from './clip-names'
import { clipTextStage } from './clip-text'
import { Facts } from './facts'
import { graphStage } from './graph-stage'
import { readMmcvMeta } from './mmcv-meta'
import { CLIP_NORMALIZATION } from './preprocess'
import { resnetSide } from './resnet-side'
import * as specs from './tensor-specs'
import { plainVitSide } from './vit-side'

/** Buffers of OpenAI's archives, open_clip and Hugging Face that hold no weights. */
const BUFFERS = ['input_resolution', 'context_length', 'vocab_size', 'attn_mask']
const BUFFER_ENDINGS = ['.num_batches_tracked', '.position_ids', '.attn_mask']

/**
 * CLIP (Radford et al., 2021), ResNet or ViT: OpenAI's archives and state dicts (github.com/openai/CLIP, clip/model.py),
 * open_clip's names, and Hugging Face's CLIPModel.
 */
export const clip = {
  name: 'clip',
  detect(checkpoint: Checkpoint, overrides: Overrides): Promise<Detection | undefined> {
    const { stateDict, notes } = openAiNames(checkpoint.stateDict)
    const isClip = stateDict.has('visual.conv1.weight') && stateDict.has('token_embedding.weight')
    return Promise.resolve(isClip ? detection(checkpoint, stateDict, notes, overrides) : undefined)
  }
} satisfies Architecture

function openAiNames(stateDict: StateDict): { stateDict: StateDict; notes: Note[] } {
  const custom = fromCustomText(stateDict)
  if (custom) {
    return {
      stateDict: custom,
      notes: [{ code: 'renamed', message: 'The names are those of open_clip’s CustomTextCLIP.' }]
    }
  }
  const huggingFace = fromHuggingFace(stateDict)
  if (!huggingFace) return { stateDict, notes: [] }
  const message = 'The names are those of Hugging Face’s CLIPModel; OpenAI’s are used here, with q, k and v as one.'
  return { stateDict: huggingFace, notes: [{ code: 'renamed', message }] }
}

function detection(
  checkpoint: Checkpoint,
  stateDict: StateDict,
  nameNotes: readonly Note[],
  overrides: Overrides
): Detection {
  const file = checkpoint.source.name
  const ledger = new Ledger(stateDict, file)
  const root = new Scope(ledger)
  const visual = root.at('visual')
  const meta = readMmcvMeta(checkpoint)
  const facts = new Facts(overrides, file)
  const configured = (...path: string[]) => meta.config.at('model', ...path).number()
  const activation = facts.oneOf('activation', ['quick_gelu', 'gelu']) === 'gelu' ? gelu : quickGelu

  const isVit = visual.hasAny('transformer')
  const configuredHeads = configured('backbone', 'heads')
  const image = isVit
    ? plainVitSide(visual, facts, { configuredHeads, activation })
    : resnetSide(visual, facts, {
        fit: 'bilinear',
        heads: (poolWidth) => ({ configured: configuredHeads, rule: Math.max(1, Math.floor(poolWidth / 64)) })
      })
  const text = clipTextStage(root, facts, {
    contexts: undefined,
    configuredHeads: configured('text_encoder', 'transformer_heads'),
    channels: image.channels,
    activation
  })
  const logitScale = root.take('logit_scale')
  root.ignore((name) => BUFFERS.includes(name) || BUFFER_ENDINGS.some((ending) => name.endsWith(ending)))

  return {
    system: 'clip',
    summary: image.summary,
    reason:
      'It has a visual side and a text side with one projection each into a joint space, and nothing behind them.',
    facts: facts.list,
    classes: meta.classes,
    palette: meta.palette,
    gamma: undefined,
    tau: undefined,
    preprocess: {
      ...CLIP_NORMALIZATION,
      shortSide: image.trainedSide,
      maxLongSide: undefined,
      padToMultipleOf: undefined,
      window: image.trainedSide,
      stride: Math.floor((image.trainedSide * 2) / 3)
    },
    tensors: [...image.tensors, specs.TOKEN_IDS, specs.TEXT_EMBEDDING, specs.SCORE_MAP, specs.LOGITS_PER_IMAGE],
    stages: [
      ...image.stages,
      text,
      graphStage(buildCosineMap(image.channels)),
      graphStage(buildPictureLogits(image.channels, logitScale))
    ],
    missing: [...ledger.missing],
    unexpected: ledger.unused(),
    notes: [
      ...nameNotes,
      {
        code: 'assumed',
        message: `Positions are stored for pictures of ${image.trainedSide}×${image.trainedSide}; for others they are resized.`
      },
      ...facts.unusedOverrides()
    ]
  }
}
