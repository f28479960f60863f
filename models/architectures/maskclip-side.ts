import { poolValues } from '../graph/attention-pool'
import { END, GraphBuilder } from '../graph/builder'
import { gelu } from '../graph/layers'
import type { Scope } from '../graph/scope'
import { mapFromRows } from '../graph/tokens'
import { valueBlock } from '../graph/transformer'
import { vitEmbeddings, vitTokens } from '../graph/vit'
import type { Facts } from './facts'
import { graphStage } from './graph-stage'
import { outputFeatures, type ImageSide } from './image-side'
import * as specs from './tensor-specs'
import { resnetTrunk } from './trunk'
import { headChoice, readSizes } from './vit-side'

/** ε of the LayerNorms in MaskCLIP's configurations. */
const EPSILON = 1e-6

/** A picture side of which each cell gets into the joint space by itself. */
export interface MaskclipSide extends Omit<ImageSide, 'trainedSide'> {
  /** pictures are padded to whole patches; undefined: not */
  readonly patch: number | undefined
}

/** CLIP's ResNet with the value and output projections of its attention pool as 1×1 convolutions; no positions. */
export function maskclipResnetSide(scope: Scope, facts: Facts): MaskclipSide {
  const trunk = resnetTrunk(scope, facts)
  const g = new GraphBuilder('image_encoder')
  const image = g.input('image', 'float32', [1, 3, 'H', 'W'])
  const features = trunk.features(g, image)
  outputFeatures(g, features, trunk.featureChannels)
  const [x4 = image] = features.slice(-1)
  const { dense, channels } = poolValues(g, x4, scope.at('attnpool'))
  g.output('visual_embedding', dense, [1, channels, 'h', 'w'])
  facts.fromShape('output_dim', channels)
  scope.ignore((name) => /^attnpool\.(?:[qk]_proj\.|positional_embedding$)/.test(name))
  return {
    summary: trunk.summary,
    featureChannels: trunk.featureChannels,
    channels,
    patch: undefined,
    stages: [graphStage(g.build())],
    tensors: [...specs.FEATURES, specs.visualEmbedding('the attention pool as 1×1 convolutions of each cell')]
  }
}

/**
 * CLIP's ViT as MaskCLIP's configurations run it: exact GELU and ε 1e-6 in all blocks, positions resized bicubically,
 * and the last block without looking around.
 */
export function maskclipVitSide(scope: Scope, facts: Facts, configuredHeads: number | undefined): MaskclipSide {
  const { width, layers, patch, channels, summary } = readSizes(scope, facts)
  const heads = facts.heads('heads', width, headChoice(configuredHeads, width))
  const options = { width, heads, activation: gelu, epsilon: EPSILON }
  const depth = layers - 1

  const g = new GraphBuilder('image_encoder')
  const image = g.input('image', 'float32', [1, 3, 'H', 'W'])
  const tokens = vitTokens(g, image, scope, { ...options, fit: 'bicubic', classEmbeddings: 1, depth })
  const { grid } = tokens
  tokens.blocks.forEach((block, index) => {
    g.output(`block_${index + 1}`, mapFromRows(g, g.slice(block, 0, 1, END), width, grid), [1, width, 'h', 'w'])
  })
  const last = valueBlock(g, tokens.last, scope.at('transformer', 'resblocks', depth), options)
  const { dense } = vitEmbeddings(g, last, scope, { grid, width, epsilon: EPSILON })
  g.output('visual_embedding', dense, [1, channels, 'h', 'w'])
  return {
    summary,
    featureChannels: [],
    channels,
    patch,
    stages: [graphStage(g.build())],
    tensors: [
      ...specs.blockOutputs(layers).slice(0, depth),
      specs.visualEmbedding('the value path of the last block for each cell by itself')
    ]
  }
}
