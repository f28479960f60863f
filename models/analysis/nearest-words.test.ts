import { describe, expect, it } from 'vitest'
import { WordDistances, type Neighbours } from './nearest-words'

/** Six words in the plane. */
const WORDS = [
  [0, 0],
  [3, 4],
  [1, 0],
  [0, 2],
  [-1, 0],
  [6, 8]
]
const rows = (of: readonly (readonly number[])[]): Float32Array => Float32Array.from(of.flat())

/** In blocks of 4 and 2 words. */
function neighbours(vectors: number[][], count: number, metric: 'euclidean' | 'cosine'): Neighbours[] {
  const distances = new WordDistances(rows(vectors), 2, WORDS.length, metric)
  distances.add(rows(WORDS.slice(0, 4)))
  distances.add(rows(WORDS.slice(4)))
  return distances.nearest(count)
}

describe('nearest words', () => {
  it('are those at the smallest Euclidean distance, the earlier of two at the same', () => {
    const [origin, other] = neighbours(
      [
        [0, 0],
        [3, 3]
      ],
      3,
      'euclidean'
    )
    expect(origin).toEqual({
      nearest: [
        { id: 0, value: 0 },
        { id: 2, value: 1 },
        { id: 4, value: 1 }
      ],
      // 0 1 1 2 5 10
      median: 1.5
    })
    expect(other?.nearest.map(({ id }) => id)).toEqual([1, 3, 2])
    expect(other?.nearest[0]?.value).toBe(1)
    expect(other?.nearest[1]?.value).toBeCloseTo(Math.sqrt(10), 6)
  })

  it('are those of the largest cosine, whatever their length', () => {
    const [found] = neighbours([[30, 40]], 3, 'cosine')
    expect(found?.nearest.map(({ id }) => id)).toEqual([1, 5, 3])
    expect(found?.nearest[0]?.value).toBeCloseTo(1, 6)
    expect(found?.nearest[2]?.value).toBeCloseTo(0.8, 6)
    // −0.6, 0.6, 0.8, 1, 1, and a word without length, which counts as halfway: |v − 0|² = 1
    expect(found?.median).toBeCloseTo(0.7, 6)
  })

  it('serve more vectors than go together, and no more words than there are', () => {
    const vectors = [...WORDS, [2, 0]]
    const found = neighbours(vectors, 50, 'euclidean')
    expect(found.map(({ nearest }) => nearest[0]?.id)).toEqual([0, 1, 2, 3, 4, 5, 2])
    expect(found.every(({ nearest }) => nearest.length === WORDS.length)).toBe(true)
  })

  it('say nothing of a vector that is no vector', () => {
    expect(neighbours([[NaN, 0]], 2, 'euclidean')).toEqual([{ nearest: [], median: NaN }])
  })
})
