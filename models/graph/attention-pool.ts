import { attentionScale, attentionWeights, fusedAttention } from './attention'
import { END, int, type Floats, type GraphBuilder } from './builder'
import { linear } from './layers'
import type { Scope } from './scope'
import { cellPositions, gridOf, gridSide, mapFromRows, rowsFromMap, type PositionFit } from './tokens'
import { rows } from './weights'

/** Pixels of a cell of x4. */
const STRIDE = 32

export interface AttentionPoolOptions {
  readonly heads: number
  readonly fit: PositionFit
}

/** Tokens [1 + h·w, d] of x4: its mean, then its cells row by row, with their positions added. */
function poolTokens(g: GraphBuilder, x4: Floats, scope: Scope, fit: PositionFit) {
  const positional = scope.take('positional_embedding', [undefined, undefined])
  const side = gridSide(positional)
  scope.resizes('positional_embedding', { stored: [side, side], by: fit, untouchedFor: side * STRIDE })
  const [, width = 0] = positional.shape
  const grid = gridOf(g, x4)
  const cells = rowsFromMap(g, x4, width)
  const mean = g.op('ReduceMean', [cells, g.sizes([0])], { keepdims: int(1) })
  const first = g.add(mean, g.weight(rows(positional, 0, 1)))
  const others = g.add(cells, cellPositions(g, positional, grid, fit))
  return { tokens: g.concat([first, others], 0), grid, width }
}

/** CLIP's attention pool with every token a query: z̄ [1, C] and z [1, C, h, w] of x4 [1, d, h, w]. */
export function attentionPool(
  g: GraphBuilder,
  x4: Floats,
  scope: Scope,
  { heads, fit }: AttentionPoolOptions
): { global: Floats; dense: Floats; channels: number } {
  const { tokens, grid, width } = poolTokens(g, x4, scope, fit)
  const project = (name: string) => linear(g, tokens, scope.at(name), { bias: true })
  const projections = { query: project('q_proj'), key: project('k_proj'), value: project('v_proj') }
  const mixed = fusedAttention(g, { ...projections, heads, width })
  const output = linear(g, mixed, scope.at('c_proj'), { bias: true })
  const [channels = 0] = scope.take('c_proj.weight').shape
  return {
    global: g.slice(output, 0, 0, 1),
    dense: mapFromRows(g, g.slice(output, 0, 1, END), channels, grid),
    channels
  }
}

/** MaskCLIP's z [1, C, h, w] of x4: every cell through the value and output projections by itself, as 1×1 convolutions. */
export function poolValues(g: GraphBuilder, x4: Floats, scope: Scope): { dense: Floats; channels: number } {
  const [width = 0, inputs = 0] = scope.take('v_proj.weight', [undefined, undefined]).shape
  const values = linear(g, rowsFromMap(g, x4, inputs), scope.at('v_proj'), { bias: true })
  const [channels = 0] = scope.take('c_proj.weight', [undefined, width]).shape
  const output = linear(g, values, scope.at('c_proj'), { bias: true })
  return { dense: mapFromRows(g, output, channels, gridOf(g, x4)), channels }
}

/** The keys [1, d, h, w] that the cells of x4 would be looked at by, without positions, as MaskCLIP takes them. */
export function poolKeys(g: GraphBuilder, x4: Floats, scope: Scope): { keys: Floats; width: number } {
  const [width = 0, inputs = 0] = scope.take('k_proj.weight', [undefined, undefined]).shape
  const keys = linear(g, rowsFromMap(g, x4, inputs), scope.at('k_proj'), { bias: true })
  return { keys: mapFromRows(g, keys, width, gridOf(g, x4)), width }
}

/** Weights of the attention pool, [heads, 1 + h·w, 1 + h·w]; token 0 is the mean. */
export function attentionPoolWeights(
  g: GraphBuilder,
  x4: Floats,
  scope: Scope,
  { heads, fit }: AttentionPoolOptions
): Floats {
  const { tokens, width } = poolTokens(g, x4, scope, fit)
  const query = linear(g, tokens, scope.at('q_proj'), { bias: true, factor: attentionScale(width, heads) })
  const key = linear(g, tokens, scope.at('k_proj'), { bias: true })
  return attentionWeights(g, { query, key, heads, width })
}
