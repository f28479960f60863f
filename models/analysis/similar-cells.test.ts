import { describe, expect, it } from 'vitest'
import { margin } from './margin'
import { similarCells } from './similar-cells'

/** The same repeatable numbers as in the NumPy script that gave the expected values (Park and Miller, seed 7). */
function noise(length: number): Float32Array {
  let state = 7
  return Float32Array.from({ length }, () => (state = (state * 48271) % 2147483647) / 2147483647)
}

describe('similar cells', () => {
  it('equals NumPy', () => {
    const expected = [0.7483640067, 0.5025851017, 1, 0.6037256444, 0.7591122871]
    similarCells(noise(20), 4, 2).forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 6))
  })

  it('gives a cell without length the cosine 0', () => {
    expect([...similarCells(Float32Array.from([1, 0, -2, 0, 0, 0]), 2, 0)]).toEqual([1, 0, -1])
    expect([...similarCells(new Float32Array(6), 2, 0)]).toEqual([0, 0, 0])
  })
})

describe('margin', () => {
  it('is best minus second-best, 0 where they are equal', () => {
    expect(margin([1, 5, 3.5])).toBe(1.5)
    expect(margin([2, 2])).toBe(0)
    expect(margin([2])).toBeUndefined()
  })
})
