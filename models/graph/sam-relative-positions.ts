import type { StoredTensor } from '../checkpoints/checkpoint'
import type { Weight } from './graph'
import { derived } from './weights'

/*
 * SAM's decomposed relative positions: the product of a query at (y, x) and a key at (v, u) grows by
 * q·Rh[y − v] + q·Rw[x − u]. Only the row and the column of the key matter, so these are two short vectors a query; with
 * them behind the query and the key's row and column as ones among zeros behind the key, one product gives all three,
 * and the attention never has to be held whole.
 */

/**
 * What queries along an axis of `size` cells are multiplied by, [size, d, size]: entry (i, c, j) is channel c of the
 * position i − j, times `factor`. A table stored for another size is resized linearly, corners not aligned.
 * @param table [2·size − 1, d], from −(size − 1) on
 */
export function relativePositions(table: StoredTensor, size: number, factor: number): Weight {
  const [stored = 0, width = 0] = table.shape
  return derived(`${table.name}:${size}*${factor}`, [size, width, size], [table], (values) => {
    const resized = resizedRows(values, stored, width, 2 * size - 1)
    const positions = new Float32Array(size * width * size)
    for (let query = 0, out = 0; query < size; query++) {
      for (let channel = 0; channel < width; channel++) {
        for (let key = 0; key < size; key++, out++) {
          positions[out] = (resized[(query - key + size - 1) * width + channel] ?? 0) * factor
        }
      }
    }
    return positions
  })
}

/** Rows [from, width] brought to [to, width], linearly between neighbours, in double precision. */
function resizedRows(values: Float32Array, from: number, width: number, to: number): Float64Array {
  const resized = new Float64Array(to * width)
  for (let row = 0, out = 0; row < to; row++) {
    const at = Math.max(((row + 0.5) * from) / to - 0.5, 0)
    const first = Math.floor(at)
    const second = Math.min(first + 1, from - 1)
    for (let channel = 0; channel < width; channel++, out++) {
      const near = values[first * width + channel] ?? 0
      resized[out] = near + (at - first) * ((values[second * width + channel] ?? 0) - near)
    }
  }
  return resized
}

/** Row and column of every cell of a square grid as ones among zeros, [1, side², 1, 2·side]. */
export function cellPlaces(side: number): Weight {
  return derived(`cell_places_${side}`, [1, side * side, 1, 2 * side], [], () => {
    const places = new Float32Array(side * side * 2 * side)
    for (let cell = 0; cell < side * side; cell++) {
      places[cell * 2 * side + Math.floor(cell / side)] = 1
      places[cell * 2 * side + side + (cell % side)] = 1
    }
    return places
  })
}
