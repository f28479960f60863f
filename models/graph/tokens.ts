import type { StoredTensor } from '../checkpoints/checkpoint'
import type { Floats, GraphBuilder, Sizes } from './builder'
import { derived } from './weights'

/** The size of a feature map as the graph knows it: of cells, in rows and columns. */
export interface Grid {
  readonly height: Sizes
  readonly width: Sizes
}

export function gridOf(g: GraphBuilder, map: Floats): Grid {
  return { height: g.size(map, 2), width: g.size(map, 3) }
}

/** [1, c, h, w] → rows [h·w, c]. */
export function rowsFromMap(g: GraphBuilder, map: Floats, channels: number): Floats {
  return g.transpose(g.reshape(map, [channels, -1]), [1, 0])
}

/** Rows [h·w, c] → [1, c, h, w]. */
export function mapFromRows(g: GraphBuilder, rows: Floats, channels: number, grid: Grid): Floats {
  return g.reshape(g.transpose(rows, [1, 0]), [1, channels, grid.height, grid.width])
}

/** How stored positions are brought to another grid than the one they were trained for. */
export type PositionFit =
  /** bilinear, corners not aligned (DenseCLIP) */
  | 'bilinear'
  /** bicubic, corners not aligned (MaskCLIP) */
  | 'bicubic'
  /** the top left of the stored grid (DenseCLIP for detection) */
  | 'crop'

/** Side of the square grid of a positional embedding [1 + side², d]. */
export function gridSide(positional: StoredTensor): number {
  return Math.round(Math.sqrt((positional.shape[0] ?? 1) - 1))
}

/** Positions of the cells [h·w, d] for a grid, from a stored embedding [1 + side², d]. */
export function cellPositions(g: GraphBuilder, positional: StoredTensor, grid: Grid, fit: PositionFit): Floats {
  const side = gridSide(positional)
  const [, width = 0] = positional.shape
  if (fit === 'crop') {
    const stored = derived(`${positional.name}:cells`, [side, side, width], [positional], (values) =>
      values.slice(width)
    )
    const cropped = g.slice(g.slice(g.weight(stored), 0, 0, grid.height), 1, 0, grid.width)
    return g.reshape(cropped, [-1, width])
  }
  const stored = derived(`${positional.name}:map`, [1, width, side, side], [positional], (values) => {
    const map = new Float32Array(width * side * side)
    for (let cell = 0; cell < side * side; cell++) {
      for (let channel = 0; channel < width; channel++) {
        map[channel * side * side + cell] = values[(1 + cell) * width + channel] ?? 0
      }
    }
    return map
  })
  const resized =
    fit === 'bicubic'
      ? g.resizeBicubic(g.weight(stored), width, grid.height, grid.width)
      : g.resizeBilinear(g.weight(stored), width, grid.height, grid.width)
  return rowsFromMap(g, resized, width)
}
