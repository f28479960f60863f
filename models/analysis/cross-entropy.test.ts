import { describe, expect, it } from 'vitest'
import { crossEntropy } from './cross-entropy'

/** The same repeatable numbers as in the NumPy script that gave the expected values (Park and Miller, seed 7). */
function noise(length: number): Float32Array {
  let state = 7
  return Float32Array.from({ length }, () => (state = (state * 48271) % 2147483647) / 2147483647)
}

describe('cross-entropy', () => {
  const scores = { data: noise(18), planes: 3, rows: 2, columns: 3 }
  // prettier-ignore
  const labels = [
    0, 1, 2, 255, 1,
    2, 2, 0, 1, 0,
    1, 255, 1, 0, 2,
    0, 0, 1, 2, 2
  ]

  // NumPy: bilinear resize in float64, logsumexp
  it.each([
    [1, [1.3632877454, 0.8495827787, 1.1175148795, NaN, 0.7081576109], 1.080021792609865],
    [0.07, [8.6388890448, 0.0072843254, 1.9227892089, NaN, 0.0001693103], 2.810498108345959]
  ])('equals NumPy at τ = %s', (tau, firstRow, mean) => {
    const loss = crossEntropy(scores, labels, 4, 5, tau)
    firstRow.forEach((value, i) => expect(Math.abs((loss.values[i] ?? 0) - value) < 1e-6).toBe(!Number.isNaN(value)))
    expect(loss.values[3]).toBeNaN()
    expect(loss.mean).toBeCloseTo(mean, 10)
  })

  it('stays finite for scores that overflow exp', () => {
    const far = { data: Float32Array.from([1000, -1000]), planes: 2, rows: 1, columns: 1 }
    expect(crossEntropy(far, [1], 1, 1, 1).mean).toBe(2000)
    expect(crossEntropy(far, [0], 1, 1, 1).mean).toBe(0)
  })

  it('has no mean where every label is ignored', () => {
    expect(crossEntropy(scores, [255], 1, 1, 1).mean).toBeNaN()
  })

  it('refuses labels of another class list', () => {
    expect(() => crossEntropy(scores, [3], 1, 1, 1)).toThrow('The labels hold 3, but there are 3 classes (0 to 2)')
  })
})
