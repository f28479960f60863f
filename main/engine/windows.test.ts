import { describe, expect, it } from 'vitest'
import { windowsOf, windowStarts } from './windows'

describe('window starts', () => {
  it.each([
    // ../shared/golden/denseclip-slide: 101 rows, 147 columns
    [101, 64, 43, [0, 37]],
    [147, 64, 43, [0, 43, 83]],
    [64, 64, 43, [0]],
    [40, 64, 43, [0]],
    [65, 64, 43, [0, 1]],
    [107, 64, 43, [0, 43]],
    [128, 64, 64, [0, 64]]
  ])('%i pixels, window %i, stride %i', (side, window, stride, starts) => {
    expect(windowStarts(side, window, stride)).toEqual(starts)
  })
})

describe('windows', () => {
  it('go row by row and stay inside', () => {
    const windows = windowsOf({ kind: 'slide', window: 64, stride: 43 }, { width: 147, height: 50 })
    expect(windows).toEqual([0, 43, 83].map((x) => ({ x, y: 0, width: 64, height: 50 })))
  })

  it('are one for the whole picture', () => {
    expect(windowsOf({ kind: 'whole' }, { width: 147, height: 50 })).toEqual([{ x: 0, y: 0, width: 147, height: 50 }])
  })

  it.each([
    [64, 65],
    [64, 0],
    [16, 8],
    [64.5, 32],
    [NaN, 32]
  ])('refuse a window of %d with a stride of %d', (window, stride) => {
    const choose = (): unknown => windowsOf({ kind: 'slide', window, stride }, { width: 147, height: 50 })
    expect(choose).toThrow(/not possible/)
  })

  it('refuse a picture that leaves no features, and windows without end', () => {
    expect(() => windowsOf({ kind: 'whole' }, { width: 31, height: 500 })).toThrow(/at least 32/)
    const many = (): unknown => windowsOf({ kind: 'slide', window: 32, stride: 1 }, { width: 500, height: 500 })
    expect(many).toThrow(/more than 2000/)
  })
})
