import { describe, expect, it } from 'vitest'
import type { Probe } from '#models/results-api'
import { rankedBy, topClasses } from './ranking'

const probe = (cosines: readonly (number | undefined)[]): Probe => ({
  row: 0,
  column: 0,
  rows: 1,
  columns: 1,
  window: 0,
  values: cosines.map((cosine, classIndex) => ({ classIndex, cosine, logit: -classIndex })),
  cosineMargin: undefined,
  logitMargin: undefined
})

describe('the classes under the probe', () => {
  it('come best first, with the chosen one behind where it is further down', () => {
    const top = topClasses(probe([0.1, 0.4, -0.2, 0.3]), 2, 2)
    expect(top.map(({ classIndex, rank }) => [classIndex, rank])).toEqual([
      [1, 1],
      [3, 2],
      [2, 4]
    ])
    expect(topClasses(probe([0.1, 0.4]), 2, 1)).toHaveLength(2)
  })

  it('are ranked by logit where the model has no score map', () => {
    const without = probe([undefined, undefined])
    expect(rankedBy(without)).toBe('logit')
    expect(topClasses(without, 1, undefined)[0]?.classIndex).toBe(0)
  })
})
