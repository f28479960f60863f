import { describe, expect, it } from 'vitest'
import { columnsFor } from './arrange'

const SMALL = { width: 760, height: 680 }
const LARGE = { width: 1400, height: 960 }
const LANDSCAPE = { width: 2048, height: 1024 }
const SQUARE = { width: 512, height: 512 }
const PORTRAIT = { width: 600, height: 1200 }

describe('panes of models', () => {
  it('have the whole view where there is one model', () => {
    expect(columnsFor(1, 1, SMALL, SQUARE)).toBe(1)
    expect(columnsFor(1, 2, SMALL, SQUARE)).toBe(2)
  })

  it('stand so that pictures are largest: wide ones below each other, high ones beside', () => {
    expect(columnsFor(2, 1, SMALL, LANDSCAPE)).toBe(1)
    expect(columnsFor(2, 1, LARGE, SQUARE)).toBe(2)
    expect(columnsFor(3, 1, LARGE, PORTRAIT)).toBe(3)
    expect(columnsFor(4, 1, LARGE, SQUARE)).toBe(2)
    // three and one are as large as two by two, with two places empty
    expect(columnsFor(4, 1, SMALL, SQUARE)).toBe(2)
    expect(columnsFor(4, 1, { width: 2000, height: 480 }, SQUARE)).toBe(4)
  })

  it('are never too narrow to read', () => {
    expect(columnsFor(4, 1, { width: 500, height: 300 }, PORTRAIT)).toBeLessThanOrEqual(2)
    expect(columnsFor(4, 2, { width: 500, height: 900 }, PORTRAIT)).toBe(2)
  })

  it('keep the two of a model side by side', () => {
    for (const models of [2, 3, 4]) expect(columnsFor(models, 2, LARGE, SQUARE) % 2).toBe(0)
  })
})
