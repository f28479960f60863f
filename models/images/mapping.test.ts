import { describe, expect, it } from 'vitest'
import { cellFromPixel, pixelFromCell } from './mapping'

describe('mapping', () => {
  it('covers the whole picture with the grid, whatever the strides', () => {
    expect(cellFromPixel(0, 683, 21)).toBe(0)
    expect(cellFromPixel(32.4, 683, 21)).toBe(0)
    expect(cellFromPixel(32.6, 683, 21)).toBe(1)
    expect(cellFromPixel(682.9, 683, 21)).toBe(20)
  })

  it('clamps positions on and outside the border', () => {
    expect(cellFromPixel(-3, 64, 4)).toBe(0)
    expect(cellFromPixel(64, 64, 4)).toBe(3)
  })

  it('puts a centre into its own cell', () => {
    expect(pixelFromCell(0, 4, 64)).toBe(8)
    for (let cell = 0; cell < 21; cell++) expect(cellFromPixel(pixelFromCell(cell, 21, 683), 683, 21)).toBe(cell)
  })
})
