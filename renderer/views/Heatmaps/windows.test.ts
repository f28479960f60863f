import { describe, expect, it } from 'vitest'
import type { RunInfo } from '#models/api'
import { placeWindows } from './windows'

const run = (windows: RunInfo['windows'], padded = { width: 64, height: 64 }): RunInfo => ({
  id: 'run' as RunInfo['id'],
  model: 'model' as RunInfo['model'],
  picture: 'picture' as RunInfo['picture'],
  mode: { kind: 'slide', window: 64, stride: 43 },
  classes: [],
  gammaScale: 1,
  inputWidth: 147,
  inputHeight: 101,
  paddedWidth: padded.width,
  paddedHeight: padded.height,
  windows,
  stages: [],
  shapes: {},
  durationMs: 0
})
const square = (x: number, y: number) => ({ x, y, width: 64, height: 64 })

describe('windows of a run', () => {
  it('cover the whole picture where there is one', () => {
    const whole = { left: 0, top: 0, right: 1, bottom: 1 }
    const window = { x: 0, y: 0, width: 147, height: 101 }
    expect(placeWindows(run([window], window))).toEqual([{ region: whole, clip: whole }])
  })

  it('have cells beyond the picture where it was filled up with zeros, which are not shown', () => {
    const placed = placeWindows(run([{ x: 0, y: 0, width: 147, height: 101 }], { width: 147, height: 147 }))
    expect(placed).toEqual([
      { region: { left: 0, top: 0, right: 1, bottom: 147 / 101 }, clip: { left: 0, top: 0, right: 1, bottom: 1 } }
    ])
  })

  it('share the picture by the nearest middle', () => {
    // the golden sliding case: rows 0, 37 and columns 0, 43, 83
    const placed = placeWindows(run([0, 37].flatMap((y) => [0, 43, 83].map((x) => square(x, y)))))
    const pixels = placed.map(({ clip }) => [clip.left * 147, clip.right * 147, clip.top * 101, clip.bottom * 101])
    expect(pixels[0]?.map(Math.round)).toEqual([0, 54, 0, 51]) // middles 32 and 75: 53.5
    expect(pixels[5]?.map(Math.round)).toEqual([95, 147, 51, 101])
    // no gap and no overlap
    const area = pixels.reduce((sum, [l = 0, r = 0, t = 0, b = 0]) => sum + (r - l) * (b - t), 0)
    expect(area).toBeCloseTo(147 * 101)
    for (let x = 0.5; x < 147; x += 7) {
      for (let y = 0.5; y < 101; y += 7) {
        const shown = pixels.findIndex(([l = 0, r = 0, t = 0, b = 0]) => x >= l && x < r && y >= t && y < b)
        const distances = [0, 37].flatMap((top) => [0, 43, 83].map((left) => Math.hypot(left + 32 - x, top + 32 - y)))
        expect(distances[shown]).toBeCloseTo(Math.min(...distances))
      }
    }
  })
})
