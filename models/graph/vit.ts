import type { Floats, GraphBuilder } from './builder'
import { END, ints } from './builder'
import { rightProjection } from './attention'
import { layerNorm } from './layers'
import type { Scope } from './scope'
import { cellPositions, gridOf, gridSide, mapFromRows, rowsFromMap, type Grid, type PositionFit } from './tokens'
import { residualAttentionBlock, type TransformerOptions } from './transformer'
import { derived, plain } from './weights'

export interface VitOptions extends Omit<TransformerOptions, 'width' | 'mask'> {
  readonly fit: PositionFit
  /** how often the class embedding is added to token 0: once in CLIP, twice in DenseCLIP */
  readonly classEmbeddings: 1 | 2
  /** how many blocks to go through; all unless said */
  readonly depth?: number
}

export interface VitTokens {
  readonly grid: Grid
  readonly width: number
  /** [1 + h·w, d] behind each block; token 0 is the global one */
  readonly blocks: readonly Floats[]
  /** behind all that were gone through, which may be none */
  readonly last: Floats
}

/** CLIP's VisionTransformer up to its last block (or fewer), of a normalised picture [1, 3, H, W]. */
export function vitTokens(g: GraphBuilder, image: Floats, scope: Scope, options: VitOptions): VitTokens {
  const patch = scope.take('conv1.weight', [undefined, 3, undefined, undefined])
  const [width = 0, , size = 0] = patch.shape
  const map = g.op('Conv', [image, g.weight(plain(patch))], { strides: ints([size, size]) })
  const grid = gridOf(g, map)

  const positional = scope.take('positional_embedding', [undefined, width])
  const side = gridSide(positional)
  scope.resizes('positional_embedding', { stored: [side, side], by: options.fit, untouchedFor: side * size })
  const classEmbedding = scope.take('class_embedding', [width])
  const first = derived(`${classEmbedding.name}:first`, [1, width], [classEmbedding, positional], (values, positions) =>
    values.map((value, channel) => options.classEmbeddings * value + (positions?.[channel] ?? 0))
  )
  const cells = g.add(rowsFromMap(g, map, width), cellPositions(g, positional, grid, options.fit))
  let x = layerNorm(g, g.concat([g.weight(first), cells], 0), scope.at('ln_pre'), options.epsilon)

  const modules = scope.at('transformer', 'resblocks')
  const blocks: Floats[] = []
  for (let i = 0; i < (options.depth ?? modules.count()); i++) {
    x = residualAttentionBlock(g, x, modules.at(i), { ...options, width })
    blocks.push(x)
  }
  return { grid, width, blocks, last: x }
}

/** z̄ [1, C] and z [1, C, h, w]: `ln_post` and `proj` of the tokens of the last block. */
export function vitEmbeddings(
  g: GraphBuilder,
  tokens: Floats,
  scope: Scope,
  { grid, width, epsilon }: { grid: Grid; width: number; epsilon: number }
): { global: Floats; dense: Floats; channels: number } {
  const projected = rightProjection(g, layerNorm(g, tokens, scope.at('ln_post'), epsilon), scope, 'proj')
  const channels = scope.take('proj', [width, undefined]).shape[1] ?? 0
  return {
    global: g.slice(projected, 0, 0, 1),
    dense: mapFromRows(g, g.slice(projected, 0, 1, END), channels, grid),
    channels
  }
}
