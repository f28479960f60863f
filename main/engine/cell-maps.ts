import type { CallContext, FeatureRef, TensorRef } from '#models/api'
import type { RgbMap, ScalarMap } from '#models/results-api'
import type { Planes } from '#models/analysis/bilinear'
import { joinFeatures, type CoveringMap } from '#models/analysis/joined-features'
import { principalComponents, rgbFromScores } from '#models/analysis/pca'
import { similarCells } from '#models/analysis/similar-cells'
import { StudioError } from '#models/errors'
import { cellFromPixel, pixelFromCell } from '#models/images/mapping'
import { toFloat32, type Tensor } from '#models/tensor'
import type { Runs } from './runs'

/** Cosine of one cell's vector to every cell's. Throws StudioErrors `invalid` for cells and maps that make no sense. */
export async function similarity(
  runs: Runs,
  { row, column, ...ref }: FeatureRef & { row: number; column: number },
  context: CallContext
): Promise<ScalarMap> {
  const { first, joined } = await features(runs, ref, context)
  if (!(row >= 0 && row < first.rows && column >= 0 && column < first.columns)) {
    throw new StudioError(
      'invalid',
      `There is no cell ${row}, ${column} in a grid of ${first.rows} × ${first.columns}.`
    )
  }
  if (!joined) {
    const { rows, columns } = first
    return { rows, columns, values: similarCells(first.data, first.planes, row * columns + column) }
  }
  const { rows, columns } = joined
  // the middle of the cell, in shares of the picture
  const y = pixelFromCell(row, first.rows, 1) / first.shareY
  const x = pixelFromCell(column, first.columns, 1) / first.shareX
  const cell = cellFromPixel(y, 1, rows) * columns + cellFromPixel(x, 1, columns)
  return { rows, columns, values: similarCells(joined.data, joined.planes, cell) }
}

/** The first three principal components over the cells as colours. */
export async function pcaRgb(runs: Runs, ref: FeatureRef, context: CallContext): Promise<RgbMap> {
  const { first, joined } = await features(runs, ref, context)
  const { data, planes, rows, columns } = joined ?? first
  const { scores, explained } = principalComponents(data, planes, 3)
  const [red = 0, green = 0, blue = 0] = explained
  return { rows, columns, rgb: rgbFromScores(scores), explained: [red, green, blue] }
}

async function features(
  runs: Runs,
  { beside, ...ref }: FeatureRef,
  context: CallContext
): Promise<{ first: CoveringMap; joined: Planes | undefined }> {
  const first = await coveringMap(runs, ref, context)
  if (!beside) return { first, joined: undefined }
  const [one, other] = [runs.get(ref.run), runs.get(beside.run)]
  if (one.picture.info.id !== other.picture.info.id) {
    throw new StudioError('mismatch', 'Features of two pictures cannot be joined: run both models on the same one.')
  }
  if (one.windows.length > 1 || other.windows.length > 1) {
    throw new StudioError('invalid', 'Features are joined over the whole picture: choose inference in one pass.')
  }
  return { first, joined: joinFeatures(first, await coveringMap(runs, beside, context)) }
}

async function coveringMap(runs: Runs, ref: TensorRef, context: CallContext): Promise<CoveringMap> {
  const { input, windows } = runs.get(ref.run)
  const { padded } = windows[0] ?? { padded: input }
  return {
    ...planesOf(await runs.tensor(ref, context)),
    shareX: Math.min(1, input.width / padded.width),
    shareY: Math.min(1, input.height / padded.height)
  }
}

function planesOf(tensor: Tensor): Planes {
  const { shape } = tensor
  const [batch, planes = 0, rows = 0, columns = 0] = shape
  if (shape.length === 4 && batch === 1 && planes > 0) return { data: toFloat32(tensor).data, planes, rows, columns }
  throw new StudioError(
    'invalid',
    `A map of cells has shape [1, channels, rows, columns], and this tensor has [${shape.join(', ')}].`
  )
}
