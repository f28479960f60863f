import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { float32Tensor, type Tensor } from '../tensor'
import { BINS, weightStatistics } from './weight-statistics'

const tensor = (values: readonly number[]): Tensor => float32Tensor([values.length], Float32Array.from(values))

describe('weightStatistics', () => {
  it('tells finite values from others', () => {
    expect(weightStatistics(tensor([1, NaN, -3, 0, Infinity, -Infinity, NaN, -0]))).toMatchObject({
      count: 8,
      zeros: 2,
      nan: 2,
      positiveInfinity: 1,
      negativeInfinity: 1,
      min: -3,
      max: 1,
      mean: -0.5,
      std: Math.sqrt((1.5 ** 2 + 2.5 ** 2 + 2 * 0.5 ** 2) / 4),
      norm: Math.sqrt(10)
    })
  })

  it('reads halves and bfloat16 by their values, and integers beyond 32 bits', () => {
    // 1, -2, +infinity
    const half = Uint16Array.of(0x3c00, 0xc000, 0x7c00)
    expect(weightStatistics({ dtype: 'float16', shape: [3], data: half })).toMatchObject({
      min: -2,
      max: 1,
      positiveInfinity: 1
    })
    // 1, -2, NaN
    const brain = Uint16Array.of(0x3f80, 0xc000, 0x7fc0)
    expect(weightStatistics({ dtype: 'bfloat16', shape: [3], data: brain })).toMatchObject({ min: -2, max: 1, nan: 1 })
    const long = BigInt64Array.of(2n ** 40n, -1n)
    expect(weightStatistics({ dtype: 'int64', shape: [2], data: long })).toMatchObject({ min: -1, max: 2 ** 40 })
    const bools = Uint8Array.of(0, 1, 1)
    expect(weightStatistics({ dtype: 'bool', shape: [3], data: bools })).toMatchObject({ zeros: 1, max: 1 })
  })

  it('has nothing to say of no values, and one bin for one value', () => {
    expect(weightStatistics(float32Tensor([0, 3]))).toMatchObject({
      count: 0,
      min: undefined,
      mean: undefined,
      histogram: { counts: [] }
    })
    expect(weightStatistics(tensor([NaN]))).toMatchObject({ nan: 1, max: undefined, histogram: { counts: [] } })
    const scalar = weightStatistics({ dtype: 'float32', shape: [], data: Float32Array.of(4.6052) })
    expect(scalar).toMatchObject({ count: 1, std: 0, histogram: { counts: [1] } })
    const constant = weightStatistics(tensor(new Array<number>(70000).fill(-2.5)))
    expect(constant).toMatchObject({ std: 0, histogram: { low: -2.5, high: -2.5, counts: [70000] } })
  })

  it('puts every finite value in one of the bins, the largest in the last', () => {
    const values = Array.from({ length: 200000 }, (_, i) => i)
    const { histogram, mean } = weightStatistics(tensor(values))
    expect(mean).toBe(99999.5)
    expect(histogram.counts).toHaveLength(BINS)
    expect(Math.max(...histogram.counts) - Math.min(...histogram.counts)).toBeLessThanOrEqual(1)
    fc.assert(
      fc.property(fc.array(fc.float()), (drawn) => {
        const found = weightStatistics(tensor(drawn))
        const finite = drawn.filter(Number.isFinite)
        expect(found.histogram.counts.reduce((sum, n) => sum + n, 0)).toBe(finite.length)
        expect(found.min).toBe(finite.length > 0 ? Math.min(...finite) + 0 : undefined)
      })
    )
  })

  it('has bins over the widest range', () => {
    const widest = weightStatistics({
      dtype: 'float64',
      shape: [3],
      data: Float64Array.of(-Number.MAX_VALUE, 0, Number.MAX_VALUE)
    })
    expect(widest.histogram.counts.flatMap((n, bin) => (n > 0 ? [bin] : []))).toEqual([0, BINS / 2, BINS - 1])
  })
})
