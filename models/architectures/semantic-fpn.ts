import type { Checkpoint } from '../checkpoints/checkpoint'
import { Ledger, Scope } from '../graph/scope'
import type { Architecture, Detection, Overrides } from './architecture'
import { decodeHeadStage, upsampleStage } from './decoder-stages'
import { Facts } from './facts'
import { readMmcvMeta } from './mmcv-meta'
import { CLIP_NORMALIZATION, configuredPreprocess, IMAGENET_NORMALIZATION } from './preprocess'
import { bareResnetSide } from './resnet-side'
import * as specs from './tensor-specs'
import { hasResnet } from './trunk'
import { denseVitSide } from './vit-side'

/** Side of the pictures that the published ResNets were trained on. */
const RESNET_SIDE = 512

/**
 * Semantic FPN without language, the baseline of DenseCLIP's paper: the same neck and head on a ResNet or CLIP's ViT
 * (github.com/raoyongming/DenseCLIP, segmentation/configs/fpn_*).
 */
export const semanticFpn = {
  name: 'semantic-fpn',
  detect(checkpoint: Checkpoint, overrides: Overrides): Promise<Detection | undefined> {
    const { stateDict, source } = checkpoint
    const ledger = new Ledger(stateDict, source.name)
    const root = new Scope(ledger)
    const backbone = root.at('backbone')
    const isVit = backbone.hasAny('transformer') && backbone.hasAny('fpn1')
    const hasDecoder = root.hasAny('neck.lateral_convs') && root.hasAny('decode_head.scale_heads')
    if (!hasDecoder || !(isVit || hasResnet(backbone))) return Promise.resolve(undefined)

    const meta = readMmcvMeta(checkpoint)
    const facts = new Facts(overrides, source.name)
    const configured = meta.config.at('model', 'backbone')
    const image = isVit
      ? denseVitSide(backbone, facts, {
          file: source.name,
          configuredHeads: configured.at('heads').number(),
          configuredOutIndices: configured.at('out_indices').numbers()
        })
      : { ...bareResnetSide(backbone, facts), trainedSide: RESNET_SIDE }
    const [classes = 0] = root.take('decode_head.conv_seg.weight', [undefined, undefined, 1, 1]).shape
    facts.fromShape('fpn_channels', root.take('neck.fpn_convs.0.conv.weight').shape[0] ?? 0)
    facts.fromShape('classes', classes)
    const decodeHead = decodeHeadStage(root, { featureChannels: image.featureChannels, join: undefined, classes })
    const side = image.trainedSide
    root.ignore((name) => name.endsWith('.num_batches_tracked') || name.startsWith('auxiliary_head.'))

    return Promise.resolve({
      system: 'semantic-fpn',
      summary: `Semantic FPN, ${image.summary}`,
      reason:
        'It has the neck and the head of Semantic FPN, whose inputs have the channels of the features and no more.',
      facts: facts.list,
      classes: meta.classes,
      palette: meta.palette,
      preprocess: configuredPreprocess(meta.config, {
        ...(image.isClip ? CLIP_NORMALIZATION : IMAGENET_NORMALIZATION),
        shortSide: side,
        maxLongSide: 2048,
        padToMultipleOf: undefined,
        window: side,
        stride: Math.floor((side * 2) / 3)
      }),
      tensors: [...image.tensors, ...specs.PYRAMID, ...specs.LOGITS],
      stages: [...image.stages, decodeHead, upsampleStage(classes)],
      ...ledger.account(),
      notes: [
        { code: 'assumed', message: 'The model was trained without language: it has logits and no score maps.' },
        ...facts.unusedOverrides()
      ]
    })
  }
} satisfies Architecture
