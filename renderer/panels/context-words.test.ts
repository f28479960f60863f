import { describe, expect, it } from 'vitest'
import type { ContextWords } from '#models/words-api'
import { formatMedian, saysLittle, tableText, vectorName } from './context-words'

const context = (value: number, median: number): ContextWords => ({
  classIndex: undefined,
  index: 0,
  nearest: [
    { id: 3, text: 'road', endsWord: true, value },
    { id: 4, text: 'pre', endsWord: false, value: 2 * value }
  ],
  median
})

describe('words near contexts', () => {
  it('say little where all words are about as near', () => {
    expect(saysLittle(context(1.6, 2.4), 'euclidean')).toBe(false)
    expect(saysLittle(context(2.3, 2.4), 'euclidean')).toBe(true)
    expect(saysLittle(context(0.5, 0), 'cosine')).toBe(false)
    expect(saysLittle(context(0.5, 0.4), 'cosine')).toBe(true)
    expect(saysLittle({ ...context(1, 1), nearest: [] }, 'euclidean')).toBe(true)
  })

  it('stand beside the median that they are held against', () => {
    expect(formatMedian(context(1.2, 2.4), 'euclidean')).toBe('50.0\u202f%')
    expect(formatMedian(context(0.5, -0.0007), 'cosine')).toBe('−0.001')
  })

  it('are copied as a table, a line a vector', () => {
    expect(tableText({ metric: 'euclidean', words: 5, contexts: [context(1.25, 2)] }, 1)).toBe(
      'vector\tmedian\tword 1\teuclidean\tword 2\teuclidean\nv1\t2\troad\t1.25\tpre-\t2.5'
    )
    expect([vectorName(0, 2), vectorName(2, 2)]).toEqual(['v1', 'I'])
  })
})
