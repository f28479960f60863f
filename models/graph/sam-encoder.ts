import { cellPlaces, relativePositions } from './sam-relative-positions'
import { attentionScale, thirds } from './attention'
import { float, GraphBuilder, int, ints, type Floats } from './builder'
import type { Graph } from './graph'
import { channelNorm, gelu, layerNorm, linear } from './layers'
import type { Scope } from './scope'
import { gridOf, mapFromRows, rowsFromMap } from './tokens'
import { plain } from './weights'

/** ε of every LayerNorm of the picture encoder. */
const EPSILON = 1e-6

export interface SamEncoderOptions {
  readonly heads: number
  /** side of the windows of the blocks that do not see the whole grid, in cells */
  readonly window: number
  /** indices of the blocks that see it */
  readonly globalBlocks: readonly number[]
}

/**
 * SAM's picture encoder (ViTDet): a ViT whose blocks attend within windows, but for a few that attend to everything.
 * Its pictures are squares of the stored grid times the patch. Gives image_embedding [1, C, h, w], the output of the
 * neck, and block_N [1, d, h, w] behind each block that sees the whole grid.
 */
export function buildSamImageEncoder(scope: Scope, { heads, window, globalBlocks }: SamEncoderOptions): Graph {
  const g = new GraphBuilder('image_encoder')
  const patch = scope.take('patch_embed.proj.weight', [undefined, 3, undefined, undefined])
  const [width = 0, , patchSize = 0] = patch.shape
  const positions = scope.take('pos_embed', [1, undefined, undefined, width])
  const [, side = 0] = positions.shape
  const pixels = side * patchSize

  const image = g.input('image', 'float32', [1, 3, pixels, pixels])
  const bias = g.weight(plain(scope.take('patch_embed.proj.bias', [width])))
  const map = g.op('Conv', [image, g.weight(plain(patch)), bias], { strides: ints([patchSize, patchSize]) })
  const grid = gridOf(g, map)
  let x = g.add(rowsFromMap(g, map, width), g.weight(plain(positions, [side * side, width])))

  const blocks = scope.at('blocks')
  for (let index = 0; index < blocks.count(); index++) {
    const isGlobal = globalBlocks.includes(index)
    x = block(g, x, blocks.at(index), { side, width, heads, window: isGlobal ? side : window })
    if (isGlobal) g.output(`block_${index + 1}`, mapFromRows(g, x, width, grid), [1, width, side, side])
  }

  const neck = scope.at('neck')
  const narrow = neck.take('0.weight', [undefined, width, 1, 1])
  const [channels = 0] = narrow.shape
  const narrowed = g.op('Gemm', [x, g.weight(plain(narrow, [channels, width]))], { transB: int(1) })
  const normed = mapFromRows(g, layerNorm(g, narrowed, neck.at(1), EPSILON), channels, grid)
  const kernel = g.weight(plain(neck.take('2.weight', [channels, channels, 3, 3])))
  const mixed = g.op('Conv', [normed, kernel], { pads: ints([1, 1, 1, 1]) })
  g.output('image_embedding', channelNorm(g, mixed, neck.at(3), EPSILON), [1, channels, side, side])
  return g.build()
}

interface BlockSizes {
  /** of the whole grid, in cells */
  readonly side: number
  readonly width: number
  readonly heads: number
  readonly window: number
}

/** x + attention(norm1(x)) within windows, then x + mlp(norm2(x)), on rows [side², d]. */
function block(g: GraphBuilder, x: Floats, scope: Scope, sizes: BlockSizes): Floats {
  const windows = partitioned(g, layerNorm(g, x, scope.at('norm1'), EPSILON), sizes)
  const attended = g.add(x, joined(g, windowAttention(g, windows, scope.at('attn'), sizes), sizes))
  const hidden = linear(g, layerNorm(g, attended, scope.at('norm2'), EPSILON), scope.at('mlp', 'lin1'), { bias: true })
  return g.add(attended, linear(g, gelu(g, hidden), scope.at('mlp', 'lin2'), { bias: true }))
}

/** How many windows a row of them has; the last one may reach beyond the grid. */
const across = ({ side, window }: BlockSizes): number => Math.ceil(side / window)

/** Rows of the grid in order → rows of each window in order; beyond the grid there are zeros, which attend as well. */
function partitioned(g: GraphBuilder, rows: Floats, sizes: BlockSizes): Floats {
  const { side, width, window } = sizes
  const count = across(sizes)
  if (count === 1 && window === side) return rows
  const beyond = count * window - side
  const cells = g.op('Pad', [g.reshape(rows, [side, side, width]), g.sizes([0, 0, 0, beyond, beyond, 0])])
  const parts = g.transpose(g.reshape(cells, [count, window, count, window, width]), [0, 2, 1, 3, 4])
  return g.reshape(parts, [-1, width])
}

/** The way back: rows of each window in order → rows of the grid, without what lies beyond it. */
function joined(g: GraphBuilder, rows: Floats, sizes: BlockSizes): Floats {
  const { side, width, window } = sizes
  const count = across(sizes)
  if (count === 1 && window === side) return rows
  const parts = g.transpose(g.reshape(rows, [count, count, window, window, width]), [0, 2, 1, 3, 4])
  const cells = g.reshape(parts, [count * window, count * window, width])
  return g.reshape(g.slice(g.slice(cells, 0, 0, side), 1, 0, side), [-1, width])
}

/** Attention among the cells of each window [windows·window², d], with decomposed relative positions. */
function windowAttention(g: GraphBuilder, rows: Floats, scope: Scope, sizes: BlockSizes): Floats {
  const { width, heads, window } = sizes
  const batch = across(sizes) ** 2
  const cells = window ** 2
  const headWidth = width / heads
  const scale = attentionScale(width, heads)
  const { query, key, value } = thirds(
    g,
    rows,
    { weight: scope.take('qkv.weight', [3 * width, width]), bias: scope.take('qkv.bias', [3 * width]) },
    width
  )

  // positions are added to products that are scaled already, and everything here is scaled once more
  const table = (name: string) => {
    const stored = scope.take(name, [undefined, headWidth])
    const [length = 0] = stored.shape
    const distances = 2 * window - 1
    if (length !== distances) scope.resizes(name, { stored: [length], by: 'linear', to: [distances] })
    return g.weight(relativePositions(stored, window, 1 / scale))
  }
  const byHead = (x: Floats, size: number) => g.reshape(x, [batch * cells, heads, size])
  const ofRows = g.matmul(g.reshape(query, [batch, window, window * heads, headWidth]), table('rel_pos_h'))
  const ofColumns = g.matmul(g.reshape(query, [batch * window, window, heads, headWidth]), table('rel_pos_w'))
  const queries = g.concat([byHead(query, headWidth), byHead(ofRows, window), byHead(ofColumns, window)], 2)

  const places = g.op('Expand', [g.weight(cellPlaces(window)), g.sizes([batch, cells, heads, 2 * window])])
  const keys = g.concat([g.reshape(key, [batch, cells, heads, headWidth]), places], 3)

  const longer = width + 2 * window * heads
  const mixed = g.microsoftOp(
    'MultiHeadAttention',
    [
      g.reshape(queries, [batch, cells, longer]),
      g.reshape(keys, [batch, cells, longer]),
      g.reshape(value, [batch, cells, width])
    ],
    { num_heads: int(heads), scale: float(scale) }
  )
  return linear(g, g.reshape(mixed, [-1, width]), scope.at('proj'), { bias: true })
}
