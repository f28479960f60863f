import type { Floats, GraphBuilder } from '../graph/builder'
import type { GraphStage, TensorSpec } from './architecture'

/** The part of a model that sees the picture: its features, z̄ and z. */
export interface ImageSide {
  /** 'CLIP ResNet 3-4-6-3, width 64' */
  readonly summary: string
  /** of CLIP's make, and so for pictures normalised as CLIP's; others come from ImageNet */
  readonly isClip: boolean
  /** channels of x1..x4; [] where the model has block outputs in their place */
  readonly featureChannels: readonly number[]
  /** C, of z̄ and z; 0 where it has no joint space with words */
  readonly channels: number
  /** side in pixels of the pictures it was trained on, from the stored grid of positions */
  readonly trainedSide: number
  readonly stages: readonly GraphStage[]
  readonly tensors: readonly TensorSpec[]
}

/** Names x1..x4 as outputs. */
export function outputFeatures(g: GraphBuilder, features: readonly Floats[], channels: readonly number[]): void {
  features.forEach((feature, index) => {
    const level = index + 1
    g.output(`x${level}`, feature, [1, channels[index] ?? 0, `h${level}`, `w${level}`])
  })
}

/** Names z̄ and z as outputs. */
export function outputEmbeddings(g: GraphBuilder, z: { global: Floats; dense: Floats; channels: number }): void {
  g.output('global_embedding', z.global, [1, z.channels])
  g.output('visual_embedding', z.dense, [1, z.channels, 'h', 'w'])
}
