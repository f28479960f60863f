import { GraphBuilder } from '../graph/builder'
import { featurePyramid } from '../graph/fpn'
import { fpnHead } from '../graph/fpn-head'
import type { Graph } from '../graph/graph'
import type { Scope } from '../graph/scope'
import type { GraphStage } from './architecture'
import { graphStage } from './graph-stage'

/** Where the score map joins the features, and how many channels it brings. */
export interface ScoreJoin {
  /** 0 for x1 … 3 for x4 */
  readonly level: number
  readonly classes: number
}

interface DecoderOptions {
  /** of x1..x4, without the score map */
  readonly featureChannels: readonly number[]
  /** undefined: Semantic FPN without language */
  readonly join: ScoreJoin | undefined
  /** classes of the logits */
  readonly classes: number
}

/** Neck and head of Semantic FPN: x1..x4 (and the score map behind the channels of one of them) → p1..p4 and logits. */
export function decodeHeadStage(scope: Scope, options: DecoderOptions): GraphStage {
  return graphStage(buildDecodeHead(scope, options), options.join?.classes)
}

function buildDecodeHead(scope: Scope, { featureChannels, join, classes }: DecoderOptions): Graph {
  const g = new GraphBuilder('decode_head')
  const features = featureChannels.map((channels, index) => {
    const level = index + 1
    return g.input(`x${level}`, 'float32', [1, channels, `h${level}`, `w${level}`])
  })
  if (join) {
    const level = join.level + 1
    const score = g.input('score_map', 'float32', [1, join.classes, `h${level}`, `w${level}`])
    const feature = features[join.level]
    if (feature) features[join.level] = g.concat([feature, score], 1)
  }
  const channels = scope.take('neck.fpn_convs.0.conv.weight', [undefined, undefined, 3, 3]).shape[0] ?? 0
  const pyramid = featurePyramid(g, features, scope.at('neck'))
  pyramid.forEach((p, index) => g.output(`p${index + 1}`, p, [1, channels, `h${index + 1}`, `w${index + 1}`]))
  const [finest, ...coarser] = pyramid
  if (!finest) throw new RangeError('a decode head needs features')
  g.output('seg_logits_low', fpnHead(g, [finest, ...coarser], scope.at('decode_head')), [1, classes, 'h1', 'w1'])
  return g.build()
}

/** The logits at the size of the input: bilinear, corners not aligned. */
export function upsampleStage(classes: number): GraphStage {
  const g = new GraphBuilder('upsample')
  const low = g.input('seg_logits_low', 'float32', [1, classes, 'h1', 'w1'])
  const size = g.input('input_size', 'int64', [2])
  g.output('seg_logits', g.resizeBilinear(low, classes, g.element(size, 0), g.element(size, 1)), [1, classes, 'H', 'W'])
  return graphStage(g.build())
}
