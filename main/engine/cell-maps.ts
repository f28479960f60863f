import type { RgbMap, ScalarMap } from '#models/api'
import { principalComponents, rgbFromScores } from '#models/analysis/pca'
import { similarCells } from '#models/analysis/similar-cells'
import { StudioError } from '#models/errors'
import { toFloat32, type Tensor } from '#models/tensor'

/** Cosine of the cell's vector to every cell's, over [1, channels, rows, columns]. */
export function similarity(tensor: Tensor, { row, column }: { row: number; column: number }): ScalarMap {
  const { channels, rows, columns } = mapShape(tensor)
  if (!(row >= 0 && row < rows && column >= 0 && column < columns)) {
    throw new StudioError('invalid', `There is no cell ${row}, ${column} in a grid of ${rows} × ${columns}.`)
  }
  return { rows, columns, values: similarCells(toFloat32(tensor).data, channels, row * columns + column) }
}

/** The first three principal components of [1, channels, rows, columns] over its cells as colours. */
export function pcaRgb(tensor: Tensor): RgbMap {
  const { channels, rows, columns } = mapShape(tensor)
  const { scores, explained } = principalComponents(toFloat32(tensor).data, channels, 3)
  const [red = 0, green = 0, blue = 0] = explained
  return { rows, columns, rgb: rgbFromScores(scores), explained: [red, green, blue] }
}

function mapShape({ shape }: Tensor): { channels: number; rows: number; columns: number } {
  const [batch, channels = 0, rows = 0, columns = 0] = shape
  if (shape.length === 4 && batch === 1 && channels > 0) return { channels, rows, columns }
  throw new StudioError(
    'invalid',
    `A map of cells has shape [1, channels, rows, columns], and this tensor has [${shape.join(', ')}].`
  )
}
