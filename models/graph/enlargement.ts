import type { StoredTensor } from '../checkpoints/checkpoint'
import type { Floats, GraphBuilder } from './builder'
import { mapFromRows, type Grid } from './tokens'
import { affine, derived, sourcesOf, type Normalization } from './weights'

/*
 * Transposed convolutions of size and stride 2 never overlap, so each is a product of the rows with one matrix; the
 * cells come out in fours, and are put in their places once at the end.
 */

export interface Enlargement {
  /** [in, out, 2, 2] */
  readonly kernel: StoredTensor
  readonly bias: StoredTensor
  /** scale and shift of the inputs */
  readonly before?: { readonly weight: StoredTensor; readonly bias: StoredTensor } | undefined
  /** BatchNorm of the outputs */
  readonly after?: Normalization | undefined
}

/** Rows [n, in] → [4n, out]: what was one cell is four rows, (row, column) of its square in order. */
export function enlarged(g: GraphBuilder, rows: Floats, parts: Enlargement): Floats {
  const { weight, bias } = enlargement(parts)
  const quads = g.op('Gemm', [rows, g.weight(weight), g.weight(bias)])
  // [n, (row, column, d)] → [4n, d]
  return g.reshape(quads, [-1, parts.kernel.shape[1] ?? 0])
}

/** Rows [h, w, (2, 2) for each enlargement, d] → [1, d, 2ⁿh, 2ⁿw]. */
export function mapFromQuads(g: GraphBuilder, rows: Floats, times: number, grid: Grid, width: number): Floats {
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
function enlargement({ kernel, bias, before, after }: Enlargement) {
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
