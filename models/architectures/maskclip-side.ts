import { poolKeys, poolValues } from '../graph/attention-pool'
import { END, GraphBuilder } from '../graph/builder'
import { gelu } from '../graph/layers'
import type { Scope } from '../graph/scope'
import { gridOf, mapFromRows, rowsFromMap } from '../graph/tokens'
import { blockKeys, valueBlock } from '../graph/transformer'
import { vitEmbeddings, vitTokens } from '../graph/vit'
import type { GraphStage } from './architecture'
import type { Facts } from './facts'
import { graphStage } from './graph-stage'
import { outputFeatures, type ImageSide } from './image-side'
import * as specs from './tensor-specs'
import { resnetTrunk } from './trunk'
import { headChoice, readSizes } from './vit-side'

/** ε of the LayerNorms in MaskCLIP's configurations. */
const EPSILON = 1e-6

/** A picture side of which each cell gets into the joint space by itself. */
export interface MaskclipSide extends Omit<ImageSide, 'trainedSide' | 'isClip'> {
  /** pictures are padded to whole patches; undefined: not */
  readonly patch: number | undefined
  /** gives `key` [1, width, h, w] of another output; undefined where there is no attention to take it from */
  readonly keys: { readonly stage: GraphStage; readonly width: number } | undefined
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
  scope.ignore((name) => /^attnpool\.(?:q_proj\.|positional_embedding$)/.test(name))
  return {
    summary: trunk.summary,
    featureChannels: trunk.featureChannels,
    channels,
    patch: undefined,
    keys: resnetKeys(scope.at('attnpool'), trunk.featureChannels.at(-1) ?? 0),
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
    keys: depth > 0 ? vitKeys(scope.at('transformer', 'resblocks', depth), `block_${depth}`, width) : undefined,
    stages: [graphStage(g.build())],
    tensors: [
      ...specs.blockOutputs(layers).slice(0, depth),
      specs.visualEmbedding('the value path of the last block for each cell by itself')
    ]
  }
}

function resnetKeys(pool: Scope, channels: number): MaskclipSide['keys'] {
  const g = new GraphBuilder('key')
  const x4 = g.input('x4', 'float32', [1, channels, 'h', 'w'])
  const { keys, width } = poolKeys(g, x4, pool)
  g.output('key', keys, [1, width, 'h', 'w'])
  return { stage: graphStage(g.build()), width }
}

/** A token's key needs no other token, so the cells behind the block before are enough. */
function vitKeys(block: Scope, input: string, width: number): MaskclipSide['keys'] {
  const g = new GraphBuilder('key')
  const cells = g.input(input, 'float32', [1, width, 'h', 'w'])
  const keys = blockKeys(g, rowsFromMap(g, cells, width), block, { width, epsilon: EPSILON })
  g.output('key', mapFromRows(g, keys, width, gridOf(g, cells)), [1, width, 'h', 'w'])
  return { stage: graphStage(g.build()), width }
}
