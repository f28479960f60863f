import { attentionPool, attentionPoolWeights } from '../graph/attention-pool'
import { GraphBuilder } from '../graph/builder'
import { clipStem, residualStages } from '../graph/resnet'
import type { Scope } from '../graph/scope'
import { gridSide, type PositionFit } from '../graph/tokens'
import type { Choice, Facts } from './facts'
import { graphStage } from './graph-stage'
import { outputEmbeddings, outputFeatures, type ImageSide } from './image-side'
import * as specs from './tensor-specs'

interface ResnetOptions {
  readonly fit: PositionFit
  /** heads of the attention pool of some width */
  readonly heads: (poolWidth: number) => Choice<number>
}

/** CLIP's ModifiedResNet with its attention pool, every token a query. */
export function resnetSide(scope: Scope, facts: Facts, options: ResnetOptions): ImageSide {
  const layers = [1, 2, 3, 4].map((stage) => scope.at(`layer${stage}`).count())
  const [width = 0] = scope.take('layer1.0.conv1.weight').shape
  const featureChannels = [1, 2, 3, 4].map((stage) => scope.take(`layer${stage}.0.conv3.weight`).shape[0] ?? 0)
  const poolWidth = featureChannels[3] ?? 0
  const poolScope = scope.at('attnpool')
  const positional = poolScope.take('positional_embedding', [undefined, poolWidth])
  const [channels = 0] = poolScope.take('c_proj.weight', [undefined, poolWidth]).shape
  const trainedSide = gridSide(positional) * 32
  facts.fromShape('layers', layers)
  facts.fromShape('width', width)
  facts.fromShape('output_dim', channels)
  facts.fromShape('backbone_input_resolution', trainedSide)
  const pool = { heads: facts.heads('heads', poolWidth, options.heads(poolWidth)), fit: options.fit }

  return {
    summary: `CLIP ResNet ${layers.join('-')}, width ${width}`,
    featureChannels,
    channels,
    trainedSide,
    stages: [graphStage(imageEncoder()), graphStage(poolWeights())],
    tensors: [...specs.FEATURES, ...specs.EMBEDDINGS, specs.ATTENTION_POOL]
  }

  function imageEncoder() {
    const g = new GraphBuilder('image_encoder')
    const stem = clipStem(g, g.input('image', 'float32', [1, 3, 'H', 'W']), scope)
    const features = residualStages(g, stem, scope, 'pool')
    outputFeatures(g, features, featureChannels)
    const [x4 = stem] = features.slice(-1)
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
