import { describe, expect, it } from 'vitest'
import { resizeBilinear, type Planes } from '#models/analysis/bilinear'
import { averageOverWindows, sampleField, type ClassField, type ScoredWindow } from './class-field'
import { windowsOf } from './windows'

/** A repeatable stream of numbers in [0, 1) (Park and Miller's). */
function uniform(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48271) % 2147483647) / 2147483647
}

function field(padding = 0): ClassField {
  const next = uniform(5)
  const input = { width: 75, height: 50 }
  const windows = windowsOf({ kind: 'slide', window: 40, stride: 30 }, input).map((rect): ScoredWindow => {
    const scores = { data: Float32Array.from({ length: 3 * 6 * 5 }, next), planes: 3, rows: 6, columns: 5 }
    return { rect, padded: { width: rect.width + padding, height: rect.height + padding }, scores }
  })
  return { input, windows }
}

/** mmseg's slide_inference, word by word. */
function slow({ input, windows }: ClassField): number[] {
  const size = input.width * input.height
  const sum = new Array<number>(3 * size).fill(0)
  const count = new Array<number>(size).fill(0)
  for (const { rect, padded, scores } of windows) {
    const resized = resizeBilinear(scores, padded.height, padded.width)
    for (let y = 0; y < rect.height; y++) {
      for (let x = 0; x < rect.width; x++) {
        const at = (rect.y + y) * input.width + rect.x + x
        count[at] = (count[at] ?? 0) + 1
        for (let k = 0; k < 3; k++) {
          const value = resized[(k * padded.height + y) * padded.width + x] ?? 0
          sum[k * size + at] = (sum[k * size + at] ?? 0) + value
        }
      }
    }
  }
  return sum.map((value, i) => value / (count[i % size] ?? 0))
}

describe('a field of class scores', () => {
  it.each([
    ['windows as they are', 0],
    ['padded windows', 8]
  ])('averages over windows: %s', (_, padding) => {
    const average = averageOverWindows(field(padding))
    expect(average.shape).toEqual([1, 3, 50, 75])
    const expected = slow(field(padding))
    let largest = 0
    for (const [i, value] of average.data.entries()) largest = Math.max(largest, Math.abs(value - (expected[i] ?? NaN)))
    expect(largest).toBeLessThan(1e-6)
  })

  it.each([
    ['of the same size', 75, 50],
    ['larger', 120, 83],
    ['smaller', 31, 22]
  ])('samples what resizing the average to a picture gives: %s', (_, width, height) => {
    const scores = field(4)
    const average = averageOverWindows(scores)
    const planes: Planes = { data: average.data, planes: 3, rows: 50, columns: 75 }
    const resized = resizeBilinear(planes, height, width)
    const places = [0, 1, 17, width - 1].flatMap((x) => [0, 9, height - 1].map((y) => [x, y] as const))
    for (const [x, y] of places) {
      const values = sampleField(scores, { width, height }, x, y)
      for (let k = 0; k < 3; k++) expect(values[k]).toBeCloseTo(resized[(k * height + y) * width + x] ?? NaN, 5)
    }
  })

  it('refuses an average that would not fit into memory', () => {
    const scores = { data: new Float32Array(150), planes: 150, rows: 1, columns: 1 }
    const input = { width: 2048, height: 2048 }
    const windows = [{ rect: { x: 0, y: 0, ...input }, padded: input, scores }]
    expect(() => averageOverWindows({ input, windows })).toThrow(/published scaling/)
  })
})
