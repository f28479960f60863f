import { resizeBilinear } from '../analysis/bilinear'
import { colorTable, tableIndex, type ColorMap, type Rgb } from '../palettes'
import type { Raster } from './png'

/*
 * What lies over a picture, and its pixels. The shader of the heat map plot computes the same colours on the GPU; the
 * functions here are what exports are drawn with, and what tests compare the shader to.
 */

export type Interpolation = 'bilinear' | 'cells'

/** Numbers in cells: a score map, a channel, a loss. NaN is transparent. */
export interface ScalarOverlay {
  readonly kind: 'scalar'
  readonly rows: number
  readonly columns: number
  /** row-major */
  readonly values: Float32Array
  readonly interpolation: Interpolation
  readonly map: ColorMap
  /** values of the map's first and last colour; symmetric around 0 for signed maps */
  readonly domain: readonly [low: number, high: number]
}

/** A class a pixel. A label without a colour (255 in ground truth: ignored) is transparent. */
export interface LabelsOverlay {
  readonly kind: 'labels'
  readonly rows: number
  readonly columns: number
  readonly labels: Uint16Array
  readonly palette: readonly Rgb[]
}

/** Colours in cells: three principal components. */
export interface RgbOverlay {
  readonly kind: 'rgb'
  readonly rows: number
  readonly columns: number
  /** 3 values a cell, row-major */
  readonly rgb: Uint8Array
  readonly interpolation: Interpolation
}

export type Overlay = ScalarOverlay | LabelsOverlay | RgbOverlay

/** A rectangle as shares of the picture's width and height, 0..1. */
export interface ShareRect {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}
export const WHOLE: ShareRect = { left: 0, top: 0, right: 1, bottom: 1 }

export interface Layer {
  readonly overlay: Overlay
  /** 0..1 */
  readonly opacity: number
  /** what the overlay's cells cover: the whole picture, or one window of a sliding run */
  readonly region: ShareRect
  /** where it is drawn: the swipe line and the border to the next window cut it off */
  readonly clip: ShareRect
}

/** One pixel a value. */
export function rasterizeScalarMap(
  values: Float32Array,
  rows: number,
  columns: number,
  { map, domain: [low, high] }: { map: ColorMap; domain: readonly [number, number] }
): Raster {
  const table = colorTable(map)
  const rgba = new Uint8Array(rows * columns * 4)
  // a map of one value has no range: its colour is the middle one
  const scale = high > low ? 1 / (high - low) : 0
  for (let i = 0; i < rows * columns; i++) {
    const value = values[i] ?? NaN
    if (Number.isNaN(value)) continue
    const color = 3 * tableIndex(scale === 0 ? 0.5 : (value - low) * scale)
    rgba[4 * i] = table[color] ?? 0
    rgba[4 * i + 1] = table[color + 1] ?? 0
    rgba[4 * i + 2] = table[color + 2] ?? 0
    rgba[4 * i + 3] = 255
  }
  return { width: columns, height: rows, rgba }
}

/** One pixel a label; transparent where the palette has no colour for it. */
export function rasterizeLabels(labels: Uint16Array, rows: number, columns: number, palette: readonly Rgb[]): Raster {
  const rgba = new Uint8Array(rows * columns * 4)
  for (let i = 0; i < rows * columns; i++) {
    const color = palette[labels[i] ?? palette.length]
    if (color) rgba.set([color[0], color[1], color[2], 255], 4 * i)
  }
  return { width: columns, height: rows, rgba }
}

function rasterizeRgb({ rgb, rows, columns, interpolation }: RgbOverlay, height: number, width: number): Raster {
  const smooth = interpolation === 'bilinear'
  const size = smooth ? height * width : rows * columns
  const rgba = new Uint8Array(size * 4).fill(255)
  for (let channel = 0; channel < 3; channel++) {
    const cells = Float32Array.from({ length: rows * columns }, (_, i) => rgb[3 * i + channel] ?? 0)
    const values = smooth ? resizeBilinear({ data: cells, planes: 1, rows, columns }, height, width) : cells
    for (let i = 0; i < size; i++) rgba[4 * i + channel] = Math.round(values[i] ?? 0)
  }
  return smooth ? { width, height, rgba } : { width: columns, height: rows, rgba }
}

/**
 * The overlay's pixels: one a cell or label, or, where it is shown bilinearly, `width` × `height` of them (the size of
 * the part of the picture that it covers).
 */
export function rasterizeOverlay(overlay: Overlay, height: number, width: number): Raster {
  const { rows, columns } = overlay
  switch (overlay.kind) {
    case 'labels':
      return rasterizeLabels(overlay.labels, rows, columns, overlay.palette)
    case 'rgb':
      return rasterizeRgb(overlay, height, width)
    case 'scalar': {
      if (overlay.interpolation === 'cells') return rasterizeScalarMap(overlay.values, rows, columns, overlay)
      const values = resizeBilinear({ data: overlay.values, planes: 1, rows, columns }, height, width)
      return rasterizeScalarMap(values, height, width, overlay)
    }
  }
}

/** Smallest and largest value, without NaN; [0, 1] where there is none. `signed` makes it symmetric around 0. */
export function domainOf(values: Float32Array, signed: boolean): readonly [number, number] {
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  if (low > high) return [0, 1]
  const reach = Math.max(Math.abs(low), Math.abs(high))
  return signed ? [-reach, reach] : [low, high]
}
