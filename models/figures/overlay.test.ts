import { describe, expect, it } from 'vitest'
import { lookup } from '../palettes'
import { domainOf, rasterizeLabels, rasterizeOverlay, rasterizeScalarMap } from './overlay'

const pixel = (rgba: Uint8Array, index: number): number[] => [...rgba.subarray(4 * index, 4 * index + 4)]

describe('rasters', () => {
  it('colours values by the map and leaves NaN transparent', () => {
    const { rgba } = rasterizeScalarMap(Float32Array.of(-0.2, 0, 0.2, NaN), 2, 2, { map: 'vik', domain: [-0.2, 0.2] })
    expect(pixel(rgba, 0)).toEqual([...lookup('vik', 0), 255])
    expect(pixel(rgba, 1)).toEqual([...lookup('vik', 0.5), 255])
    expect(pixel(rgba, 2)).toEqual([...lookup('vik', 1), 255])
    expect(pixel(rgba, 3)).toEqual([0, 0, 0, 0])
  })

  it('gives a map of one value the middle colour', () => {
    const { rgba } = rasterizeScalarMap(Float32Array.of(3), 1, 1, { map: 'viridis', domain: [3, 3] })
    expect(pixel(rgba, 0)).toEqual([...lookup('viridis', 0.5), 255])
  })

  it('colours labels by the palette and leaves ignored ones transparent', () => {
    const { rgba } = rasterizeLabels(Uint16Array.of(1, 0, 255), 1, 3, [
      [10, 20, 30],
      [40, 50, 60]
    ])
    expect([...rgba]).toEqual([40, 50, 60, 255, 10, 20, 30, 255, 0, 0, 0, 0])
  })

  it('keeps cells at their own size and resizes what is shown bilinearly', () => {
    const overlay = {
      kind: 'scalar',
      rows: 1,
      columns: 2,
      values: Float32Array.of(0, 1),
      map: 'grey',
      domain: [0, 1]
    } as const
    expect(rasterizeOverlay({ ...overlay, interpolation: 'cells' }, 4, 8)).toMatchObject({ width: 2, height: 1 })
    const smooth = rasterizeOverlay({ ...overlay, interpolation: 'bilinear' }, 4, 8)
    expect(smooth).toMatchObject({ width: 8, height: 4 })
    // between the two centres, at a quarter and three quarters of the width, it rises evenly
    expect(Array.from({ length: 8 }, (_, x) => pixel(smooth.rgba, x)[0])).toEqual([0, 0, 32, 96, 160, 224, 255, 255])
  })

  it('blends colours between cells too', () => {
    const overlay = { kind: 'rgb', rows: 1, columns: 2, rgb: Uint8Array.of(0, 0, 0, 200, 100, 50) } as const
    const { rgba } = rasterizeOverlay({ ...overlay, interpolation: 'bilinear' }, 1, 4)
    expect(pixel(rgba, 1)).toEqual([50, 25, 13, 255])
  })
})

it('finds the range of a map, around zero where asked', () => {
  expect(domainOf(Float32Array.of(0.1, NaN, -0.3), false)).toEqual([Math.fround(-0.3), Math.fround(0.1)])
  expect(domainOf(Float32Array.of(0.1, NaN, -0.3), true)).toEqual([Math.fround(-0.3), -Math.fround(-0.3)])
  expect(domainOf(Float32Array.of(NaN), false)).toEqual([0, 1])
})
