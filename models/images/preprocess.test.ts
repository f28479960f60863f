import { describe, expect, it } from 'vitest'
import { normalise, resizeRgb, targetSize } from './preprocess'

describe('target size', () => {
  it.each([
    [{ width: 683, height: 512 }, 512, 2048, { width: 683, height: 512 }],
    [{ width: 2048, height: 1024 }, 512, 2048, { width: 1024, height: 512 }],
    // 600/1000 · 333 = 199.8; 300 · 0.666… rounds half up
    [{ width: 1000, height: 333 }, 512, 600, { width: 600, height: 200 }],
    [{ width: 3, height: 2 }, 5, undefined, { width: 8, height: 5 }],
    [{ width: 10000, height: 1 }, 512, 2048, { width: 2048, height: 1 }],
    [{ width: 7, height: 9 }, undefined, undefined, { width: 7, height: 9 }]
  ])('%o, short %s, long %s → %o', (picture, short, long, size) =>
    expect(targetSize(picture, short, long)).toEqual(size)
  )
})

/** One grey row. */
const row = (...levels: number[]): { width: number; height: number; rgb: Uint8Array } => ({
  width: levels.length,
  height: 1,
  rgb: Uint8Array.from(levels.flatMap((level) => [level, level, level]))
})
const greys = (image: { rgb: Uint8Array }): number[] => Array.from(image.rgb).filter((_, i) => i % 3 === 0)

describe('bilinear resize', () => {
  it('has half-pixel centres: 2 to 4 by hand', () => {
    // centres −0.25, 0.25, 0.75, 1.25 → 0, 25, 75, 100
    expect(greys(resizeRgb(row(0, 100), { width: 4, height: 1 }))).toEqual([0, 25, 75, 100])
  })

  it('does not average when it shrinks: 4 to 2 takes the two middle neighbours', () => {
    // centres 0.5 and 2.5
    expect(greys(resizeRgb(row(0, 10, 200, 255), { width: 2, height: 1 }))).toEqual([5, 228])
    // 6 to 2: centres 1 and 4, single pixels
    expect(greys(resizeRgb(row(0, 10, 20, 30, 40, 50), { width: 2, height: 1 }))).toEqual([10, 40])
  })

  it('does rows as it does columns, and keeps channels apart', () => {
    const column = { width: 1, height: 2, rgb: Uint8Array.from([0, 50, 200, 100, 50, 0]) }
    const { rgb } = resizeRgb(column, { width: 1, height: 4 })
    expect([...rgb]).toEqual([0, 50, 200, 25, 50, 150, 75, 50, 50, 100, 50, 0])
  })
})

describe('normalise', () => {
  const image = { width: 3, height: 1, rgb: Uint8Array.from([10, 20, 30, 40, 50, 60, 70, 80, 90]) }

  it('gives planes of (value − mean) / std', () => {
    const { shape, data } = normalise(image, [10, 20, 30], [10, 15, 30])
    expect(shape).toEqual([1, 3, 1, 3])
    expect([...data]).toEqual([0, 3, 6, 0, 2, 4, 0, 1, 2])
  })

  it('pads with zeros at the right and bottom, after normalising', () => {
    const { shape, data } = normalise(image, [0, 0, 0], [10, 10, 10], 2)
    expect(shape).toEqual([1, 3, 2, 4])
    expect([...data.subarray(0, 8)]).toEqual([1, 4, 7, 0, 0, 0, 0, 0])
  })
})
