import { describe, expect, it } from 'vitest'
import { jacobiEigenpairs, leadingEigenpairs } from './eigen'
import { principalComponents, rgbFromScores } from './pca'

/** The same repeatable numbers as in the NumPy script that gave the expected values (Park and Miller, seed 7). */
function noise(length: number): Float32Array {
  let state = 7
  return Float32Array.from({ length }, () => (state = (state * 48271) % 2147483647) / 2147483647)
}

const expectClose = (got: ArrayLike<number>, expected: readonly number[]): void =>
  expected.forEach((value, i) => expect(got[i]).toBeCloseTo(value, 5))

// NumPy: SVD of the centred cells, scores u·s, each turned so that its largest is positive.
describe('principal components', () => {
  it('equals NumPy where there are more cells than channels', () => {
    const { scores, explained } = principalComponents(noise(48), 4, 3)
    expectClose(explained, [0.3874374005, 0.3165859724, 0.2161669285])
    expectClose(scores.subarray(0, 4), [-0.2750459429, 0.4949091562, -0.5719858922, -0.1971142679])
    expectClose(scores.subarray(12, 16), [0.0252425546, -0.002368934, 0.0584477215, 0.3651886896])
    expectClose(scores.subarray(24, 28), [0.6821471103, 0.1519214465, 0.0282631066, 0.225378789])
  })

  it('equals NumPy where there are fewer', () => {
    const { scores, explained } = principalComponents(noise(72), 12, 3)
    expectClose(explained, [0.3676524742, 0.2944352097, 0.1820406508])
    expectClose(scores.subarray(0, 4), [0.8264722416, -0.1061825572, 0.4851809354, -0.6481651303])
    expectClose(scores.subarray(6, 10), [-0.2241015908, -0.772790861, 0.8255865594, -0.1825843506])
    expectClose(scores.subarray(12, 16), [-0.5516055067, 0.5776458251, 0.3173618392, -0.4873010367])
  })

  it('does not change when the channels are turned about', () => {
    const features = noise(48)
    // swaps two channels and turns two others by 30°
    const turned = features.slice()
    const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)]
    for (let i = 0; i < 12; i++) {
      const [a = 0, b = 0, d = 0, e = 0] = [0, 1, 2, 3].map((k) => features[k * 12 + i])
      turned.set([b], i)
      turned.set([a], 12 + i)
      turned.set([c * d - s * e], 24 + i)
      turned.set([s * d + c * e], 36 + i)
    }
    expectClose(principalComponents(turned, 4, 3).scores, [...principalComponents(features, 4, 3).scores])
  })

  it('explains nothing with components that do not exist', () => {
    expect(principalComponents(new Float32Array(12).fill(3), 3, 3)).toEqual({
      scores: new Float32Array(12),
      explained: [0, 0, 0]
    })
    const line = principalComponents(Float32Array.from([1, 2, 3, 2, 4, 6]), 2, 3)
    expect(line.explained[0]).toBeCloseTo(1, 12)
    expectClose(line.scores, [Math.sqrt(5), 0, -Math.sqrt(5), 0, 0, 0, 0, 0, 0])
    expect(principalComponents(Float32Array.from([1, 2]), 2, 3).explained).toEqual([0, 0, 0])
  })

  it('refuses values that are not finite', () => {
    expect(() => principalComponents(Float32Array.from([1, NaN, 2, 3]), 2, 3)).toThrow('not finite')
  })

  it('stretches components to colours', () => {
    const ramp = Float32Array.from({ length: 303 }, (_, i) => (i < 202 ? i % 101 : 4))
    const rgb = rgbFromScores(ramp)
    expect([...rgb.subarray(0, 3)]).toEqual([0, 0, 128])
    expect([...rgb.subarray(150, 153)]).toEqual([128, 128, 128])
    expect([...rgb.subarray(300, 303)]).toEqual([255, 255, 128])
  })
})

describe('eigenpairs', () => {
  it('finds those of a matrix known by hand, degenerate ones too', () => {
    // ones + identity: 4, 1, 1
    const matrix = Float64Array.from([2, 1, 1, 1, 2, 1, 1, 1, 2])
    expectClose(jacobiEigenpairs(matrix, 3).values, [4, 1, 1])
    const { values, vectors } = leadingEigenpairs(matrix, 3, 2)
    expectClose(values, [4, 1])
    expect(Math.abs(vectors[0] ?? 0)).toBeCloseTo(1 / Math.sqrt(3), 9)
  })
})
