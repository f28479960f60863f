import { describe, expect, it } from 'vitest'
import { resizeBilinear } from './bilinear'
import { logitsAtPicture, maskFromLogits, maskIou, maskOutline } from './sam-mask'

describe('logits at the picture', () => {
  it('are resized to the square, cut, and resized to the picture', () => {
    // a square of 4 from 2 × 2: 0, 1/4, 3/4, 1 of the way; the picture fills its upper half
    const logits = Float32Array.of(0, 4, 8, 12)
    const square = { square: 4, inputWidth: 4, inputHeight: 2, width: 4, height: 2 }
    expect([...logitsAtPicture(logits, 2, square)]).toEqual([0, 1, 3, 4, 2, 3, 5, 6])
    // a picture of half the size takes the means of two neighbours, of both rows
    expect([...logitsAtPicture(logits, 2, { ...square, width: 2, height: 1 })]).toEqual([1.5, 4.5])
  })

  it('are those of two resizes, one after the other', () => {
    const [side, square] = [8, 32]
    const logits = Float32Array.from({ length: side * side }, (_, i) => Math.sin(i * 1.7))
    for (const [width, height, inputWidth, inputHeight] of [
      [100, 61, 32, 20],
      [21, 13, 32, 20],
      [20, 32, 20, 32]
    ] as const) {
      const whole = resizeBilinear({ data: logits, planes: 1, rows: side, columns: side }, square, square)
      const input = Float32Array.from(
        { length: inputWidth * inputHeight },
        (_, i) => whole[Math.floor(i / inputWidth) * square + (i % inputWidth)] ?? NaN
      )
      const plane = { data: input, planes: 1, rows: inputHeight, columns: inputWidth }
      const expected = resizeBilinear(plane, height, width)
      const got = logitsAtPicture(logits, side, { square, inputWidth, inputHeight, width, height })
      const errors = got.map((value, i) => Math.abs(value - (expected[i] ?? NaN)))
      expect(got).toHaveLength(width * height)
      expect(Math.max(...errors)).toBeLessThan(1e-6)
    }
  })

  it('above 0 are the mask', () => {
    expect([...maskFromLogits(Float32Array.of(-1, 0, 0.1))]).toEqual([0, 0, 1])
  })
})

describe('the outline', () => {
  it('is the rim of the mask, not of the picture', () => {
    // columns 0..3 of 5 are inside: the left edge of the picture is no rim
    const mask = Uint8Array.of(1, 1, 1, 1, 0, 1, 1, 1, 1, 0)
    expect([...maskOutline(mask, 5, 2, 1)]).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 1, 0])
    expect([...maskOutline(mask, 5, 2, 2)]).toEqual([0, 0, 1, 1, 0, 0, 0, 1, 1, 0])
  })
})

describe('IoU of a mask', () => {
  const mask = Uint8Array.of(1, 1, 1, 0, 0)
  it('is against the pixels of a label', () => {
    expect(maskIou(mask, [7, 7, 3, 7, 3], 7)).toBe(2 / 4)
    expect(maskIou(mask, [7, 255, 3, 255, 3], 7, 255)).toBe(1 / 2)
  })
  it('of nothing with nothing there is none', () => {
    expect(maskIou(new Uint8Array(2), [1, 1], 0)).toBeUndefined()
  })
})
