import { describe, expect, it } from 'vitest'
import { classMargin, maskPrompt, MASK_LIMIT, peakPoints, regionBox } from './score-prompts'

const margin = (columns: number, values: readonly number[]) => ({
  rows: values.length / columns,
  columns,
  values: Float32Array.from(values)
})

describe('the margin of a class', () => {
  it('is its score less the best other one', () => {
    const data = Float32Array.of(0.5, 0.125, 0.25, 0.25, 0.375, 0)
    expect([...classMargin({ data, planes: 3, rows: 1, columns: 2 }, 0).values]).toEqual([0.125, -0.125])
    expect([...classMargin({ data, planes: 3, rows: 1, columns: 2 }, 1).values]).toEqual([-0.25, 0.125])
  })

  it('of a class alone is against its own mean', () => {
    const data = Float32Array.of(1, 3)
    expect([...classMargin({ data, planes: 1, rows: 1, columns: 2 }, 0).values]).toEqual([-1, 1])
  })
})

describe('peaks', () => {
  // 3 × 6, with peaks at (0, 1), (2, 5) and, too near the first, (1, 3)
  const map = margin(6, [1, 9, 1, 0, 0, 0, 1, 1, 1, 5, 0, 0, 0, 0, 0, 0, 0, 7])

  it('are the middles of the highest cells, highest first, none near a higher one', () => {
    expect(peakPoints(map, 0, 9)).toEqual([
      { x: 1.5 / 6, y: 0.5 / 3 },
      { x: 5.5 / 6, y: 2.5 / 3 }
    ])
  })

  it('are no more than asked for, and above the threshold', () => {
    expect(peakPoints(map, 0, 1)).toEqual([{ x: 1.5 / 6, y: 0.5 / 3 }])
    expect(peakPoints(map, 8, 9)).toHaveLength(1)
    expect(peakPoints(map, 9, 9)).toEqual([])
  })

  it('on a plateau are one, the first', () => {
    expect(peakPoints(margin(3, [2, 2, 2, 2, 2, 2]), 0, 9)).toEqual([{ x: 0.5 / 3, y: 0.25 }])
  })
})

describe('the box', () => {
  it('goes along the outer edges of the largest region that hangs together by sides', () => {
    // the corner cell touches the region of three only by a corner
    const map = margin(4, [1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0])
    expect(regionBox(map, 0)).toEqual([1 / 4, 1 / 3, 3 / 4, 1])
    expect(regionBox(map, 0.5)).toEqual([1 / 4, 1 / 3, 3 / 4, 1])
    expect(regionBox(map, 1)).toBeUndefined()
  })
})

describe('the mask', () => {
  const map = margin(2, [0.3, -0.1, 0.1, -0.3])

  it('is the log-odds at the threshold: (margin − threshold) / τ', () => {
    const mask = maskPrompt(map, 0.1, 0.1, { side: 2, spanX: 1, spanY: 1 })
    expect([...mask].map((value) => Math.round(1e4 * value) / 1e4)).toEqual([2, -2, 0, -4])
  })

  it('lies where SAM has the picture, and is outside beyond it', () => {
    // SAM’s square is twice as high as the map: its lower half is filled up
    const mask = maskPrompt(map, 0, 0.1, { side: 4, spanX: 1, spanY: 2 })
    const row = (index: number) =>
      [...mask.subarray(4 * index, 4 * index + 4)].map((value) => Math.round(10 * value) / 10 + 0)
    expect(row(0)).toEqual([3, 2, 0, -1])
    expect(row(1)).toEqual([1, 0, -2, -3])
    expect(row(2)).toEqual([-3, -3, -3, -3])
    expect(row(3)).toEqual([-3, -3, -3, -3])
  })

  it('is cut where a sigmoid is all or nothing', () => {
    const mask = maskPrompt(map, 0, 0.001, { side: 2, spanX: 1, spanY: 1 })
    expect([...mask]).toEqual([MASK_LIMIT, -MASK_LIMIT, MASK_LIMIT, -MASK_LIMIT])
  })
})
