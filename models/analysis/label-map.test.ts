import { describe, expect, it } from 'vitest'
import { resizeBilinear, sampleBilinear, type Planes } from './bilinear'
import { labelMap } from './label-map'

/** A repeatable stream of numbers in [0, 1) (Park and Miller's). */
function uniform(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48271) % 2147483647) / 2147483647
}

function noise(planes: number, rows: number, columns: number, smooth = 1): Planes {
  const next = uniform(7)
  const coarse = {
    data: Float32Array.from({ length: planes * Math.ceil(rows / smooth) * Math.ceil(columns / smooth) }, next),
    planes,
    rows: Math.ceil(rows / smooth),
    columns: Math.ceil(columns / smooth)
  }
  return { data: resizeBilinear(coarse, rows, columns), planes, rows, columns }
}

/** The plain way: resize everything, then look for the largest. */
function slowLabels(scores: Planes, height: number, width: number): number[] {
  const resized = resizeBilinear(scores, height, width)
  const size = height * width
  return Array.from({ length: size }, (_, i) => {
    let best = 0
    for (let k = 1; k < scores.planes; k++) {
      if ((resized[k * size + i] ?? 0) > (resized[best * size + i] ?? 0)) best = k
    }
    return best
  })
}

describe('bilinear', () => {
  // torch.nn.functional.interpolate(torch.tensor([[[[0., 1.], [2., 3.]]]]), (3, 4), mode='bilinear')
  const square: Planes = { data: Float32Array.from([0, 1, 2, 3]), planes: 1, rows: 2, columns: 2 }

  it('is that of PyTorch', () => {
    expect([...resizeBilinear(square, 3, 4)]).toEqual([0, 0.25, 0.75, 1, 1, 1.25, 1.75, 2, 2, 2.25, 2.75, 3])
  })

  it('samples at a pixel’s centre what resizing puts there', () => {
    expect([...sampleBilinear(square, 1.5, 1.5, 4, 3)]).toEqual([1.25])
    const scores = noise(3, 5, 7)
    const resized = resizeBilinear(scores, 11, 13)
    const sampled = sampleBilinear(scores, 4.5, 8.5, 13, 11)
    for (let k = 0; k < 3; k++) expect(sampled[k]).toBeCloseTo(resized[k * 143 + 8 * 13 + 4] ?? NaN, 6)
  })
})

describe('label map', () => {
  it('finds the border between two classes by hand', () => {
    // 4 → 8: class 1 overtakes half-way between the second and third cell
    const scores = { data: Float32Array.from([1, 1, 0, 0, 0, 0, 1, 1]), planes: 2, rows: 1, columns: 4 }
    const { labels, counts } = labelMap(scores, 1, 8)
    expect([...labels]).toEqual([0, 0, 0, 0, 1, 1, 1, 1])
    expect(counts).toEqual([4, 4])
  })

  it.each([
    ['up', 9, 13, 17, 61, 1],
    ['up, smooth', 30, 24, 24, 96, 6],
    ['down', 5, 40, 31, 11, 1],
    ['to the same size', 4, 6, 6, 6, 1],
    ['from one cell', 3, 1, 1, 5, 1]
  ])('equals the plain argmax: %s', (_, classes, rows, columns, side, smooth) => {
    const scores = noise(classes, rows, columns, smooth)
    const { labels, counts } = labelMap(scores, side, side + 3)
    expect([...labels]).toEqual(slowLabels(scores, side, side + 3))
    expect(counts.reduce((a, b) => a + b)).toBe(side * (side + 3))
    counts.forEach((count, k) => expect(count).toBe(labels.filter((label) => label === k).length))
  })

  it.each([
    ['by four, then by two', 9, 13, 17, 4, 2],
    ['by four, then by more', 30, 12, 10, 4, 5.9],
    ['by four, then down', 30, 12, 10, 4, 0.3],
    ['by less than two, then by two', 5, 7, 9, 1.3, 2.2],
    ['one cell', 3, 1, 1, 4, 3]
  ])('goes by way of another size: %s', (_, classes, rows, columns, factor, nextFactor) => {
    const scores = noise(classes, rows, columns)
    const through = { height: Math.round(rows * factor), width: Math.round(columns * factor) }
    const height = Math.round(through.height * nextFactor)
    const width = Math.round(through.width * nextFactor)
    const middle = { data: resizeBilinear(scores, through.height, through.width), planes: classes }
    const twice = resizeBilinear({ ...middle, rows: through.height, columns: through.width }, height, width)
    const { labels } = labelMap(scores, height, width, through)
    const size = height * width
    labels.forEach((label, i) => {
      const values = Array.from({ length: classes }, (_, k) => twice[k * size + i] ?? NaN)
      expect(values[label]).toBeGreaterThan(Math.max(...values) - 1e-6)
    })
  })

  it('gives the lowest of equal classes and survives values that are no numbers', () => {
    const equal = { data: new Float32Array(12).fill(0.5), planes: 3, rows: 2, columns: 2 }
    expect(new Set(labelMap(equal, 5, 5).labels)).toEqual(new Set([0]))
    const broken = { data: new Float32Array(12).fill(NaN), planes: 3, rows: 2, columns: 2 }
    expect(labelMap(broken, 5, 5).counts).toEqual([25, 0, 0])
  })

  it('takes no longer than a few frames at K = 150, 128² → 512²', () => {
    const scores = noise(150, 128, 128, 8)
    labelMap(scores, 512, 512)
    const started = performance.now()
    labelMap(scores, 512, 512)
    // 150 ms is the aim; the rest is for a busy machine
    expect(performance.now() - started).toBeLessThan(450)
  })
})
