import { describe, expect, it } from 'vitest'
import type { Probe } from '#models/results-api'
import { probeTable, type ProbeSource } from './probe-table'

function source(
  values: Readonly<Record<string, number | undefined>>,
  measure: 'cosine' | 'logit' = 'cosine'
): ProbeSource {
  const probe: Probe = {
    row: 0,
    column: 0,
    rows: 1,
    columns: 1,
    window: 0,
    values: Object.values(values).map((value, classIndex) => ({
      classIndex,
      cosine: measure === 'cosine' ? value : undefined,
      logit: measure === 'logit' ? value : undefined
    })),
    cosineMargin: measure === 'cosine' ? 0.25 : undefined,
    logitMargin: measure === 'logit' ? 2.5 : undefined
  }
  return { measure, classes: Object.keys(values), probe }
}

const values = (table: ReturnType<typeof probeTable>): unknown[] =>
  table.rows.map(({ name, cells }) => [name, ...cells.map(({ value, hasClass }) => (hasClass ? value : 'none'))])

const a = source({ road: 0.1, car: 0.3, 'traffic light': 0.2, sky: -0.4 })
const b = source({ Traffic_Light: 0.5, road: -0.1, car: 0.05, bus: 0.7 })

describe('the probe of several models', () => {
  it('has a row a class, matched by name, ranked by one of them', () => {
    expect(values(probeTable([a, b], 0, 9, undefined))).toEqual([
      ['car', 0.3, 0.05],
      ['traffic light', 0.2, 0.5],
      ['road', 0.1, -0.1],
      ['sky', -0.4, 'none'],
      ['bus', 'none', 0.7]
    ])
    expect(values(probeTable([a, b], 1, 9, undefined))).toEqual([
      ['bus', 'none', 0.7],
      ['Traffic_Light', 0.2, 0.5],
      ['car', 0.3, 0.05],
      ['road', 0.1, -0.1],
      ['sky', -0.4, 'none']
    ])
  })

  it('keeps the chosen class and the best of every model in sight', () => {
    const table = probeTable([a, b], 0, 2, 'Sky')
    expect(table.rows.map(({ name, apart }) => [name, apart])).toEqual([
      ['car', false],
      ['traffic light', false],
      ['sky', true],
      ['bus', true]
    ])
    expect(table.largest).toBe(0.7)
    expect(table.margins).toEqual([0.25, 0.25])
  })

  it('ranks by the next where a model says nothing', () => {
    const silent: ProbeSource = { measure: 'cosine', classes: ['road', 'car'], probe: undefined }
    expect(values(probeTable([silent, a], 0, 2, undefined))).toEqual([
      ['car', undefined, 0.3],
      ['traffic light', 'none', 0.2]
    ])
  })

  it('keeps two classes of one list apart, however alike', () => {
    expect(values(probeTable([source({ bed: 0.1, 'bed ': 0.2 })], 0, 9, undefined))).toEqual([
      ['bed ', 0.2],
      ['bed', 0.1]
    ])
  })

  it('of a model that is alone has its measures as columns', () => {
    const logits = source({ road: 4, car: 1, 'traffic light': 0, sky: 2 }, 'logit')
    const table = probeTable([a, logits], 0, 1, undefined)
    expect(values(table)).toEqual([['car', 0.3, 1]])
    // bars are of one measure
    expect(table.largest).toBe(0.3)
    expect(table.margins).toEqual([0.25, 2.5])
  })
})
