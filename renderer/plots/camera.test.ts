import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clampCamera, FIT, frameOf, nearestPixel, panBy, pixelFromScreen, zoomAt } from './camera'

const pane = { width: 400, height: 300 }
const picture = { width: 200, height: 100 }

const size = fc.record({ width: fc.integer({ min: 1, max: 4000 }), height: fc.integer({ min: 1, max: 4000 }) })
const share = fc.double({ min: 0, max: 1, noNaN: true })

describe('camera', () => {
  it('fits the whole picture, centred', () => {
    expect(frameOf(FIT, pane, picture)).toEqual({ left: 0, top: 50, scale: 2 })
  })

  it('finds the pixel under a point, and none beside the picture', () => {
    const frame = frameOf(FIT, pane, picture)
    expect(pixelFromScreen(frame, picture, 0, 50)).toEqual({ x: 0, y: 0 })
    expect(pixelFromScreen(frame, picture, 399, 249)).toEqual({ x: 199.5, y: 99.5 })
    expect(pixelFromScreen(frame, picture, 10, 49)).toBeUndefined()
    expect(pixelFromScreen(frame, picture, 400, 100)).toBeUndefined()
  })

  it('takes what lies beside the picture to its edge', () => {
    const frame = frameOf(FIT, pane, picture)
    expect(nearestPixel(frame, picture, 399, 249)).toEqual({ x: 199.5, y: 99.5 })
    expect(nearestPixel(frame, picture, -10, 49)).toEqual({ x: 0, y: 0 })
    expect(nearestPixel(frame, picture, 410, 300)).toEqual({ x: 200, y: 100 })
  })

  it('zooms at the cursor: the pixel under it stays', () => {
    const before = pixelFromScreen(frameOf(FIT, pane, picture), picture, 120, 160)
    const camera = zoomAt(FIT, pane, picture, 120, 160, 3)
    const after = pixelFromScreen(frameOf(camera, pane, picture), picture, 120, 160)
    expect(camera.zoom).toBe(3)
    expect(after?.x).toBeCloseTo(before?.x ?? NaN)
    expect(after?.y).toBeCloseTo(before?.y ?? NaN)
  })

  it('moves with the mouse, and never past the edge', () => {
    const camera = zoomAt(FIT, pane, picture, 200, 150, 4)
    const moved = panBy(camera, pane, picture, 30, -20)
    const [from, to] = [frameOf(camera, pane, picture), frameOf(moved, pane, picture)]
    expect(to.left - from.left).toBeCloseTo(30)
    expect(to.top - from.top).toBeCloseTo(-20)
    expect(frameOf(panBy(camera, pane, picture, 1e6, 1e6), pane, picture)).toMatchObject({ left: 0, top: 0 })
  })

  it('shows the same place in panes of other sizes', () => {
    const camera = zoomAt(FIT, pane, picture, 100, 150, 5)
    const other = { width: 800, height: 600 }
    const middle = (box: typeof pane) =>
      pixelFromScreen(frameOf(camera, box, picture), picture, box.width / 2, box.height / 2)
    expect(middle(other)?.x).toBeCloseTo(middle(pane)?.x ?? NaN)
  })

  it('always shows picture in the middle, whatever is asked', () => {
    fc.assert(
      fc.property(
        size,
        size,
        share,
        share,
        fc.double({ min: 0.01, max: 1e6, noNaN: true }),
        (box, image, x, y, zoom) => {
          const camera = { centerX: 3 * x - 1, centerY: 3 * y - 1, zoom }
          const frame = frameOf(camera, box, image)
          expect(pixelFromScreen(frame, image, box.width / 2, box.height / 2)).toBeDefined()
          const clamped = clampCamera(camera, box, image)
          expect(clampCamera(clamped, box, image)).toEqual(clamped)
        }
      )
    )
  })
})
