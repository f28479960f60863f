import { describe, expect, it } from 'vitest'
import { joinFeatures, type CoveringMap } from './joined-features'

const map = (planes: number, rows: number, columns: number, data: readonly number[]): CoveringMap => ({
  data: Float32Array.from(data),
  planes,
  rows,
  columns,
  shareX: 1,
  shareY: 1
})
const rounded = (values: Float32Array): number[] => [...values].map((value) => Math.round(1e6 * value) / 1e6)

describe('joined features', () => {
  it('are both vectors of a cell behind each other, each of length one', () => {
    const joined = joinFeatures(map(2, 1, 2, [3, 0, 4, 2]), map(1, 1, 2, [-5, 0]))
    expect([joined.planes, joined.rows, joined.columns]).toEqual([3, 1, 2])
    // cells (3, 4 | −5) and (0, 2 | 0)
    expect(rounded(joined.data)).toEqual([0.6, 0, 0.8, 1, -1, 0])
  })

  it('have the grid of the finer one, to which the coarser is resized', () => {
    // one plane of each: by length only the sign is left, so a second plane holds the other share
    const coarse = map(2, 1, 2, [1, 0, 0, 1])
    const fine = map(1, 1, 4, [1, 1, 1, 1])
    const joined = joinFeatures(coarse, fine)
    expect([joined.rows, joined.columns]).toEqual([1, 4])
    // a quarter and three quarters of the way: (3, 1) and (1, 3) over √10
    const [near, far] = [3 / Math.sqrt(10), 1 / Math.sqrt(10)].map((value) => Math.round(1e6 * value) / 1e6)
    expect(rounded(joined.data)).toEqual([1, near, far, 0, 0, far, near, 1, 1, 1, 1, 1])
  })

  it('lie over the picture: what a map was filled up with is left out', () => {
    // of 4 × 4 cells the upper half lies over the picture; the lower is filled with another direction
    const values = [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    const filled = { ...map(2, 4, 4, [...values, ...values.map((value) => 1 - value)]), shareY: 0.5 }
    const joined = joinFeatures(map(1, 1, 2, [2, -2]), filled)
    expect([joined.planes, joined.rows, joined.columns]).toEqual([3, 2, 4])
    expect(rounded(joined.data.subarray(0, 8))).toEqual([1, 1, -1, -1, 1, 1, -1, -1])
    expect(rounded(joined.data.subarray(8, 16))).toEqual([1, 1, 1, 1, 1, 1, 1, 1])
    expect(rounded(joined.data.subarray(16))).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  })

  it('have no grid beside the picture', () => {
    expect(() => joinFeatures({ ...map(1, 1, 1, [1]), shareX: 0 }, map(1, 1, 1, [1]))).toThrow('over the picture')
  })
})
