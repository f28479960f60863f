import { StudioError } from '../errors'
import { resizeBilinear, sampleBilinear, type Planes } from './bilinear'

/** Features in cells, of which only a part may lie over the picture: the rest is what it was filled up with. */
export interface CoveringMap extends Planes {
  /** share of the columns that lie over the picture's width, and of the rows over its height; 1 where nothing is filled */
  readonly shareX: number
  readonly shareY: number
}

/** PyTorch's F.normalize divides by at least this. */
const EPSILON = 1e-12

/**
 * Two maps of one picture as one: the vector of each cell is that of the first, of length one, and behind it that of the
 * second, of length one, so that both count alike. The grid lies over the picture alone and has as many cells as the map
 * that has more of them there; each map is read at the middles of these cells by bilinear interpolation, which for a map
 * of that very grid are its own values. A cell without length stays without.
 */
export function joinFeatures(first: CoveringMap, second: CoveringMap): Planes {
  const [a, b] = [gridOf(first), gridOf(second)]
  const { rows, columns } = b.rows * b.columns > a.rows * a.columns ? b : a
  const cells = rows * columns
  const data = new Float32Array((first.planes + second.planes) * cells)
  data.set(normalised(resampled(first, rows, columns), first.planes, cells))
  data.set(normalised(resampled(second, rows, columns), second.planes, cells), first.planes * cells)
  return { data, planes: first.planes + second.planes, rows, columns }
}

/** Cells of a map that lie over the picture. */
function gridOf({ rows, columns, shareX, shareY }: CoveringMap): { rows: number; columns: number } {
  if (!(shareX > 0 && shareX <= 1 && shareY > 0 && shareY <= 1)) {
    throw new StudioError('invalid', 'A map has to lie over the picture, at least with a part of it.')
  }
  return { rows: Math.max(1, Math.round(rows * shareY)), columns: Math.max(1, Math.round(columns * shareX)) }
}

function resampled(map: CoveringMap, rows: number, columns: number): Float32Array {
  const { shareX, shareY } = map
  if (shareX === 1 && shareY === 1) {
    return map.rows === rows && map.columns === columns ? map.data : resizeBilinear(map, rows, columns)
  }
  const result = new Float32Array(map.planes * rows * columns)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const x = ((column + 0.5) / columns) * shareX
      const y = ((row + 0.5) / rows) * shareY
      const vector = sampleBilinear(map, x, y, 1, 1)
      for (const [plane, value] of vector.entries()) result[(plane * rows + row) * columns + column] = value
    }
  }
  return result
}

function normalised(data: Float32Array, planes: number, cells: number): Float32Array {
  const squares = new Float64Array(cells)
  for (let i = 0; i < data.length; i++) squares[i % cells] = (squares[i % cells] ?? 0) + (data[i] ?? 0) ** 2
  const result = new Float32Array(planes * cells)
  for (let i = 0; i < result.length; i++) {
    result[i] = (data[i] ?? 0) / Math.max(Math.sqrt(squares[i % cells] ?? 0), EPSILON)
  }
  return result
}
