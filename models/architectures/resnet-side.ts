import { attentionPool, attentionPoolWeights } from '../graph/attention-pool'
import { GraphBuilder } from '../graph/builder'
import type { Scope } from '../graph/scope'
import { gridSide, type PositionFit } from '../graph/tokens'
import type { Choice, Facts } from './facts'
import { graphStage } from './graph-stage'
import { outputEmbeddings, outputFeatures, type ImageSide } from './image-side'
import * as specs from './tensor-specs'
import { resnetTrunk } from './trunk'

interface ResnetOptions {
  readonly fit: PositionFit
  /** heads of the attention pool of some width */
  readonly heads: (poolWidth: number) => Choice<number>
}

/** A ResNet (CLIP's, as published, or another) with CLIP's attention pool behind it, every token a query. */
export function resnetSide(scope: Scope, facts: Facts, options: ResnetOptions): ImageSide {
  const trunk = resnetTrunk(scope, facts)
  const { summary, featureChannels } = trunk
  const poolWidth = featureChannels[3] ?? 0
  const poolScope = scope.at('attnpool')
  const positional = poolScope.take('positional_embedding', [undefined, poolWidth])
  const [channels = 0] = poolScope.take('c_proj.weight', [undefined, poolWidth]).shape
  const trainedSide = gridSide(positional) * 32
  facts.fromShape('output_dim', channels)
  facts.fromShape('backbone_input_resolution', trainedSide)
  const pool = { heads: facts.heads('heads', poolWidth, options.heads(poolWidth)), fit: options.fit }

  return {
    summary,
    isClip: trunk.isClip,
    featureChannels,
    channels,
    trainedSide,
    stages: [graphStage(imageEncoder()), graphStage(poolWeights())],
    tensors: [...specs.FEATURES, ...specs.POOLED_EMBEDDINGS, specs.ATTENTION_POOL]
  }

  function imageEncoder() {
    const g = new GraphBuilder('image_encoder')
    const image = g.input('image', 'float32', [1, 3, 'H', 'W'])
    const features = trunk.features(g, image)
    outputFeatures(g, features, featureChannels)
    const [x4 = image] = features.slice(-1)
    outputEmbeddings(g, attentionPool(g, x4, poolScope, pool))
    return g.build()
  }

  // a stage of its own, since the square of the number of cells is large and rarely looked at
  function poolWeights() {
    const g = new GraphBuilder('attention_pool')
    const x4 = g.input('x4', 'float32', [1, poolWidth, 'h4', 'w4'])
    g.output('attention_pool', attentionPoolWeights(g, x4, poolScope, pool), [pool.heads, 'tokens', 'tokens'])
    return g.build()
  }
}

/** A ResNet without an attention pool: features, and no joint space with words. */
export function bareResnetSide(scope: Scope, facts: Facts): Omit<ImageSide, 'trainedSide'> {
  const trunk = resnetTrunk(scope, facts)
  const g = new GraphBuilder('image_encoder')
  outputFeatures(g, trunk.features(g, g.input('image', 'float32', [1, 3, 'H', 'W'])), trunk.featureChannels)
  return {
    summary: trunk.summary,
    isClip: trunk.isClip,
    featureChannels: trunk.featureChannels,
    channels: 0,
    stages: [graphStage(g.build())],
    tensors: specs.FEATURES
  }
}
