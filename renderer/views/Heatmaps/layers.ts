import type { Key } from '#models/figures/heatmap'
import type { Unit } from '#models/figures/numbers'
import { WHOLE, type Interpolation, type Layer, type Overlay } from '#models/figures/overlay'
import type { ColorMap } from '#models/palettes'
import type { HeatmapOptions } from '../../state/choices'
import type { Range } from '../../state/shared-scales.svelte'
import type { Cells } from './slot-maps.svelte'
import type { PlacedWindow } from './windows'

/* Values as layers over the picture, coloured as the options of the view say. */

export function domainFor(range: Range, options: HeatmapOptions): Range {
  if (options.polarity === 'sequential') return range
  const reach = Math.max(Math.abs(range[0]), Math.abs(range[1]))
  return [-reach, reach]
}

export const mapOf = (options: HeatmapOptions): ColorMap =>
  options.polarity === 'signed' ? options.signedMap : options.sequentialMap

/** One overlay a window, each in its place; `windows` and `overlays` go together. */
export function layersOf(overlays: readonly Overlay[], windows: readonly PlacedWindow[], opacity: number): Layer[] {
  return overlays.map((overlay, index) => ({
    overlay,
    opacity,
    region: windows[index]?.region ?? WHOLE,
    clip: windows[index]?.clip ?? WHOLE
  }))
}

export function scalarLayers(
  maps: readonly Cells[],
  windows: readonly PlacedWindow[],
  options: HeatmapOptions,
  map: ColorMap,
  domain: Range,
  interpolation: Interpolation = options.interpolation
): Layer[] {
  const overlays = maps.map(({ rows, columns, values }): Overlay => ({
    kind: 'scalar',
    rows,
    columns,
    values,
    interpolation,
    map,
    domain
  }))
  return layersOf(overlays, windows, options.opacity)
}

export const colorBar = (tensor: string, unit: Unit, map: ColorMap, domain: Range): Key => ({
  kind: 'color-bar',
  tensor,
  unit,
  map,
  domain
})
