import { END, float, type Floats, type GraphBuilder } from './builder'
import { enlarged, mapFromQuads } from './enlargement'
import { batchNorm, EPSILON, gelu, maxPool } from './layers'
import type { Scope } from './scope'
import { mapFromRows, type Grid } from './tokens'
import { plain } from './weights'

/**
 * DenseCLIP's pyramid of a plain ViT: the patch tokens of four blocks become maps at strides 4, 8, 16 and 32 (`fpn1` to
 * `fpn4`, after BEiT). Transposed convolutions of size and stride 2 never overlap, so each is a product of the rows with
 * one matrix and a shuffle of the results; GroupNorm's scale and shift and BatchNorm go into that matrix.
 */
export function vitPyramid(
  g: GraphBuilder,
  blocks: readonly Floats[],
  scope: Scope,
  { grid, width, patch }: { grid: Grid; width: number; patch: number }
): Floats[] {
  return blocks.map((tokens, level) => {
    const module = scope.at(`fpn${level + 1}`)
    const cells = standardized(g, g.slice(tokens, 0, 1, END), width)
    const enlarging = enlargements(module)
    if (enlarging.length > 0) return enlarge(g, cells, module, enlarging, grid, width)
    // where nothing follows the norm the module is the norm itself
    const norm = module.has('weight') ? module : module.at(0)
    const scale = g.weight(plain(norm.take('weight', [width])))
    const shift = g.weight(plain(norm.take('bias', [width])))
    const map = mapFromRows(g, g.add(g.mul(cells, scale), shift), width, grid)
    // strides of the levels are 4, 8, 16, 32
    const stride = (4 * 2 ** level) / patch
    return stride > 1 ? maxPool(g, map, { size: stride }) : map
  })
}

/** GroupNorm of one group without its scale and shift: all values of [n, d] to mean 0 and variance 1. */
function standardized(g: GraphBuilder, rows: Floats, width: number): Floats {
  const flat = g.reshape(rows, [1, 1, -1])
  const normed = g.op('InstanceNormalization', [flat, g.vector([1]), g.vector([0])], { epsilon: float(EPSILON) })
  return g.reshape(normed, [-1, width])
}

/** Indices of a module's transposed convolutions, the only ones with four axes. */
function enlargements(module: Scope): number[] {
  const found: number[] = []
  for (const index of [1, 4]) if (module.at(index).has('weight')) found.push(index)
  return found
}

function enlarge(
  g: GraphBuilder,
  cells: Floats,
  module: Scope,
  indices: readonly number[],
  grid: Grid,
  width: number
): Floats {
  let rows = cells
  indices.forEach((index, step) => {
    const before =
      step === 0
        ? { weight: module.at(0).take('weight', [width]), bias: module.at(0).take('bias', [width]) }
        : undefined
    const after = step < indices.length - 1 ? batchNorm(module.at(index + 1), width) : undefined
    const kernel = module.at(index).take('weight', [width, width, 2, 2])
    const bias = module.at(index).take('bias', [width])
    rows = enlarged(g, rows, { kernel, bias, before, after })
    if (after) rows = gelu(g, rows)
  })
  return mapFromQuads(g, rows, indices.length, grid, width)
}
