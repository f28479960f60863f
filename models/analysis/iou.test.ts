import { describe, expect, it } from 'vitest'
import { addToConfusion, emptyConfusion, meanIou } from './iou'

describe('mean IoU', () => {
  it('by hand: three classes, one of them nowhere, ignored pixels left out', () => {
    const confusion = emptyConfusion(3)
    addToConfusion(confusion, 3, [0, 0, 0, 1, 1, 255], [0, 0, 1, 1, 0, 2])
    expect([...confusion]).toEqual([2, 1, 0, 1, 1, 0, 0, 0, 0])
    const { perClass, mean, pixelAccuracy } = meanIou(confusion, 3)
    // 2 / (2 + 1 + 1), 1 / (1 + 1 + 1)
    expect(perClass).toEqual([0.5, 1 / 3, undefined])
    expect(mean).toBeCloseTo((0.5 + 1 / 3) / 3, 12)
    expect(pixelAccuracy).toBe(0.6)
  })

  it('sums pictures before it divides', () => {
    const confusion = emptyConfusion(2)
    addToConfusion(confusion, 2, [0, 0, 0], [0, 0, 0])
    addToConfusion(confusion, 2, [0], [1])
    expect(meanIou(confusion, 2).perClass).toEqual([0.75, 0])
  })

  it('counts a class that is answered but not there as 0', () => {
    const confusion = emptyConfusion(2)
    addToConfusion(confusion, 2, [0, 0], [0, 1])
    expect(meanIou(confusion, 2)).toEqual({ perClass: [0.5, 0], mean: 0.25, pixelAccuracy: 0.5 })
  })

  it('has no accuracy without pixels', () => {
    expect(meanIou(emptyConfusion(2), 2)).toEqual({ perClass: [undefined, undefined], mean: 0, pixelAccuracy: 0 })
  })

  it('refuses other sizes and other class lists', () => {
    expect(() => addToConfusion(emptyConfusion(2), 2, [0], [0, 1])).toThrow('1 pixels, the picture has 2')
    expect(() => addToConfusion(emptyConfusion(2), 2, [2], [0])).toThrow('The labels hold 2, but there are 2 classes')
  })
})
