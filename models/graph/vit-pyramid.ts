import type { StoredTensor } from '../checkpoints/checkpoint'
import { END, float, type Floats, type GraphBuilder } from './builder'
import { batchNorm, EPSILON, gelu, maxPool } from './layers'
import type { Scope } from './scope'
import { mapFromRows, type Grid } from './tokens'
import { affine, derived, plain, sourcesOf, type Normalization } from './weights'

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
    const matrix = enlargement(kernel, bias, before, after)
    const quads = g.op('Gemm', [rows, g.weight(matrix.weight), g.weight(matrix.bias)])
    // [n, (row, column, d)] → [4n, d]
    rows = g.reshape(quads, [-1, width])
    if (after) rows = gelu(g, rows)
  })
  return mapFromQuads(g, rows, indices.length, grid, width)
}

/** Rows [h, w, (2, 2) for each enlargement, d] → [1, d, 2ⁿh, 2ⁿw]. */
function mapFromQuads(g: GraphBuilder, rows: Floats, times: number, grid: Grid, width: number): Floats {
  const factor = 2 ** times
  const quads = Array.from({ length: 2 * times }, () => 2)
  const rowAxes = Array.from({ length: times }, (_, i) => 2 + 2 * i)
  const axes = [0, ...rowAxes, 1, ...rowAxes.map((axis) => axis + 1), 2 + 2 * times]
  const sorted = g.transpose(g.reshape(rows, [grid.height, grid.width, ...quads, width]), axes)
  return mapFromRows(g, g.reshape(sorted, [-1, width]), width, {
    height: g.times(grid.height, factor),
    width: g.times(grid.width, factor)
  })
}

/**
 * A transposed convolution [in, out, 2, 2] with a scale and shift of its inputs before it and a BatchNorm behind it, as
 * a matrix [in, (row, column, out)] and a bias of the same length.
 */
function enlargement(
  kernel: StoredTensor,
  bias: StoredTensor,
  before: { weight: StoredTensor; bias: StoredTensor } | undefined,
  after: Normalization | undefined
) {
  const [inputs = 0, outputs = 0] = kernel.shape
  const sources = [kernel, bias, ...(before ? [before.weight, before.bias] : []), ...(after ? sourcesOf(after) : [])]
  const split = (rest: readonly Float32Array<ArrayBuffer>[]) => {
    const outer = before ? rest.slice(2) : rest
    const { scale, shift } = after
      ? affine(after.epsilon, outer)
      : { scale: new Float64Array(outputs).fill(1), shift: new Float64Array(outputs) }
    return { gamma: before && rest[0], beta: before && rest[1], scale, shift }
  }
  const name = `${kernel.name}:matrix`
  const weight = derived(name, [inputs, 4 * outputs], sources, (values, _bias, ...rest) => {
    const { gamma, scale } = split(rest)
    const matrix = new Float32Array(values.length)
    for (let input = 0, i = 0; input < inputs; input++) {
      for (let output = 0; output < outputs; output++) {
        const factor = (gamma?.[input] ?? 1) * (scale[output] ?? 0)
        for (let tap = 0; tap < 4; tap++, i++) {
          matrix[(input * 4 + tap) * outputs + output] = (values[i] ?? 0) * factor
        }
      }
    }
    return matrix
  })
  const shifts = derived(`${name}.bias`, [4 * outputs], sources, (values, biases = values, ...rest) => {
    const { beta, scale, shift } = split(rest)
    const sums = new Float64Array(4 * outputs)
    if (beta) {
      for (let input = 0, i = 0; input < inputs; input++) {
        for (let output = 0; output < outputs; output++) {
          for (let tap = 0; tap < 4; tap++, i++) {
            const place = tap * outputs + output
            sums[place] = (sums[place] ?? 0) + (beta[input] ?? 0) * (values[i] ?? 0)
          }
        }
      }
    }
    return Float32Array.from(sums, (sum, place) => {
      const output = place % outputs
      return (sum + (biases[output] ?? 0)) * (scale[output] ?? 0) + (shift[output] ?? 0)
    })
  })
  return { weight, bias: shifts }
}
