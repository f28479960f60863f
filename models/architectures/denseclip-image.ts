import { StudioError } from '../errors'
import { attentionPool, attentionPoolWeights } from '../graph/attention-pool'
import { GraphBuilder, type Floats } from '../graph/builder'
import type { Graph } from '../graph/graph'
import { EPSILON, quickGelu } from '../graph/layers'
import { clipStem, residualStages } from '../graph/resnet'
import type { Scope } from '../graph/scope'
import { gridSide, type PositionFit } from '../graph/tokens'
import { vitEmbeddings, vitTokens } from '../graph/vit'
import { vitPyramid } from '../graph/vit-pyramid'
import type { Facts } from './facts'
import type { PlainTree } from './mmcv-meta'

/** The image side of DenseCLIP: x1..x4, z̄ and z. */
export interface ImageSide {
  readonly summary: string
  /** channels of x1..x4 */
  readonly featureChannels: readonly number[]
  /** C, of z̄ and z */
  readonly channels: number
  /** side in pixels of the pictures it was trained on, from the stored grid of positions */
  readonly trainedSide: number
  buildImageEncoder(): Graph
  /** the attention pool's weights of x4; undefined: there is no attention pool */
  buildAttentionPool: (() => Graph) | undefined
}

/** The pool of DenseCLIP's ResNets has 32 heads whatever its width. */
const POOL_HEADS = 32

export function resnetSide(scope: Scope, facts: Facts, config: PlainTree, fit: PositionFit): ImageSide {
  const layers = [1, 2, 3, 4].map((stage) => scope.at(`layer${stage}`).count())
  const [width = 0] = scope.take('layer1.0.conv1.weight').shape
  const featureChannels = [1, 2, 3, 4].map((stage) => scope.take(`layer${stage}.0.conv3.weight`).shape[0] ?? 0)
  const [poolWidth = 0] = featureChannels.slice(-1)
  const pool = scope.at('attnpool')
  const positional = pool.take('positional_embedding', [undefined, poolWidth])
  const [channels = 0] = pool.take('c_proj.weight', [undefined, poolWidth]).shape
  facts.fromShape('layers', layers)
  facts.fromShape('width', width)
  facts.fromShape('output_dim', channels)
  const heads = facts.heads('heads', poolWidth, {
    configured: config.at('model', 'backbone', 'heads').number(),
    rule: POOL_HEADS
  })
  const trainedSide = gridSide(positional) * 32
  facts.fromShape('backbone_input_resolution', trainedSide)

  return {
    summary: `CLIP ResNet ${layers.join('-')}, width ${width}`,
    featureChannels,
    channels,
    trainedSide,
    buildImageEncoder() {
      const g = new GraphBuilder('image_encoder')
      const stem = clipStem(g, g.input('image', 'float32', [1, 3, 'H', 'W']), scope)
      const features = residualStages(g, stem, scope, 'pool')
      outputFeatures(g, features, featureChannels)
      const [x4 = stem] = features.slice(-1)
      outputEmbeddings(g, attentionPool(g, x4, pool, { heads, fit }))
      return g.build()
    },
    buildAttentionPool() {
      const g = new GraphBuilder('attention_pool')
      const x4 = g.input('x4', 'float32', [1, poolWidth, 'h4', 'w4'])
      g.output('attention_pool', attentionPoolWeights(g, x4, pool, { heads, fit }), [heads, 'tokens', 'tokens'])
      return g.build()
    }
  }
}

export function vitSide(scope: Scope, facts: Facts, config: PlainTree, file: string): ImageSide {
  const backbone = config.at('model', 'backbone')
  const [width = 0, , patch = 0] = scope.take('conv1.weight', [undefined, 3, undefined, undefined]).shape
  const layers = scope.at('transformer', 'resblocks').count()
  const [, channels = 0] = scope.take('proj', [width, undefined]).shape
  if (patch !== 8 && patch !== 16) {
    throw new StudioError(
      'unsupported',
      `${file}: DenseCLIP has no pyramid for a ViT with patches of ${patch} pixels; only 8 and 16 are known.`,
      { file }
    )
  }
  facts.fromShape('layers', layers)
  facts.fromShape('width', width)
  facts.fromShape('patch_size', patch)
  facts.fromShape('output_dim', channels)
  const heads = facts.heads('heads', width, {
    configured: backbone.at('heads').number(),
    rule: Math.max(1, Math.floor(width / 64))
  })
  const outIndices = facts.indices('out_indices', 4, layers, {
    configured: backbone.at('out_indices').numbers(),
    rule: [4, 6, 8, 12].map((twelfths) => Math.round((twelfths * layers) / 12) - 1)
  })
  const trainedSide = gridSide(scope.take('positional_embedding', [undefined, width])) * patch
  facts.fromShape('backbone_input_resolution', trainedSide)

  return {
    summary: `CLIP ViT of ${layers} blocks, width ${width}, patch ${patch}`,
    featureChannels: [width, width, width, width],
    channels,
    trainedSide,
    buildImageEncoder() {
      const g = new GraphBuilder('image_encoder')
      const image = g.input('image', 'float32', [1, 3, 'H', 'W'])
      const { grid, blocks } = vitTokens(g, image, scope, {
        heads,
        activation: quickGelu,
        epsilon: EPSILON,
        fit: 'bilinear',
        classEmbeddings: 2
      })
      const taps = blocks.filter((_, index) => outIndices.includes(index))
      outputFeatures(g, vitPyramid(g, taps, scope, { grid, width, patch }), [width, width, width, width])
      const [last = image] = blocks.slice(-1)
      outputEmbeddings(g, vitEmbeddings(g, last, scope, { grid, width, epsilon: EPSILON }))
      return g.build()
    },
    buildAttentionPool: undefined
  }
}

function outputFeatures(g: GraphBuilder, features: readonly Floats[], channels: readonly number[]): void {
  features.forEach((feature, index) => {
    const level = index + 1
    g.output(`x${level}`, feature, [1, channels[index] ?? 0, `h${level}`, `w${level}`])
  })
}

function outputEmbeddings(g: GraphBuilder, z: { global: Floats; dense: Floats; channels: number }): void {
  g.output('global_embedding', z.global, [1, z.channels])
  g.output('visual_embedding', z.dense, [1, z.channels, 'h', 'w'])
}
