import type { Rect } from '#models/api'
import { sampleBilinear, tapsOf, type Planes } from '#models/analysis/bilinear'
import { StudioError } from '#models/errors'
import type { Size } from '#models/images/preprocess'
import { float32Tensor, type Tensor } from '#models/tensor'

/** Scores of one window: `scores` covers the padded window, of which `rect` is the part with the picture. */
export interface ScoredWindow {
  readonly rect: Rect
  readonly padded: Size
  readonly scores: Planes
}

/** One value a class everywhere on the model's input: the mean over the windows that cover a pixel. */
export interface ClassField {
  readonly input: Size
  /** at least one; together they cover the input */
  readonly windows: readonly ScoredWindow[]
}

/** Larger averages are refused rather than swapped to disk: 150 classes at 1900 × 1900 pixels. */
const MAX_AVERAGE_BYTES = 2 * 2 ** 30

/**
 * The field at the size of the input, [1, classes, height, width], as mmseg's slide_inference makes it: every window's scores are resized to the
 * window (bilinear, corners not aligned), added, and divided by the number of windows over the pixel.
 * Throws a StudioError `limit` where that is too much to hold.
 */
export function averageOverWindows({ input, windows }: ClassField): Tensor<'float32'> {
  const { width, height } = input
  const planes = windows[0]?.scores.planes ?? 0
  const size = width * height
  if (planes * size * 4 > MAX_AVERAGE_BYTES) {
    throw new StudioError(
      'limit',
      `${planes} classes at ${width} × ${height} pixels are too many numbers to hold: choose the published scaling.`
    )
  }
  const data = new Float32Array(planes * size)
  const count = new Uint16Array(size)
  for (const window of windows) {
    addWindow(data, width, size, window)
    const { rect } = window
    for (let y = rect.y; y < rect.y + rect.height; y++) {
      for (let i = y * width + rect.x, end = i + rect.width; i < end; i++) count[i] = (count[i] ?? 0) + 1
    }
  }
  if (windows.length > 1) {
    for (let plane = 0; plane < planes; plane++) {
      for (let i = 0, out = plane * size; i < size; i++, out++) data[out] = (data[out] ?? 0) / (count[i] ?? 1)
    }
  }
  return float32Tensor([1, planes, height, width], data)
}

/** Adds a window's scores, resized to the padded window and cut to its rectangle: down each column first, then across. */
function addWindow(target: Float32Array, width: number, size: number, { rect, padded, scores }: ScoredWindow): void {
  const down = tapsOf(scores.rows, padded.height)
  const across = tapsOf(scores.columns, padded.width)
  const line = new Float64Array(scores.columns)
  for (let plane = 0; plane < scores.planes; plane++) {
    for (let y = 0; y < rect.height; y++) {
      const above = (plane * scores.rows + (down.near[y] ?? 0)) * scores.columns
      const below = (plane * scores.rows + (down.far[y] ?? 0)) * scores.columns
      const dy = down.share[y] ?? 0
      for (let column = 0; column < line.length; column++) {
        line[column] = (scores.data[above + column] ?? 0) * (1 - dy) + (scores.data[below + column] ?? 0) * dy
      }
      let out = plane * size + (rect.y + y) * width + rect.x
      for (let x = 0; x < rect.width; x++, out++) {
        const dx = across.share[x] ?? 0
        const value = (line[across.near[x] ?? 0] ?? 0) * (1 - dx) + (line[across.far[x] ?? 0] ?? 0) * dx
        target[out] = (target[out] ?? 0) + value
      }
    }
  }
}

/** The field's values at a pixel of the input, without making the field. */
function sampleInput({ windows }: ClassField, x: number, y: number): Float64Array {
  const covering = windows.filter(
    ({ rect }) => x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height
  )
  const sum = new Float64Array(windows[0]?.scores.planes ?? 0)
  for (const { rect, padded, scores } of covering) {
    const values = sampleBilinear(scores, x - rect.x + 0.5, y - rect.y + 0.5, padded.width, padded.height)
    for (const [plane, value] of values.entries()) sum[plane] = (sum[plane] ?? 0) + value / covering.length
  }
  return sum
}

/**
 * The field's values at a pixel of a picture of another size: what resizing the averaged field to the picture puts
 * there.
 */
export function sampleField(field: ClassField, picture: Size, x: number, y: number): Float64Array {
  const { input } = field
  const across = tapOf(input.width, picture.width, x)
  const down = tapOf(input.height, picture.height, y)
  const sum = new Float64Array(field.windows[0]?.scores.planes ?? 0)
  for (const [row, rowShare] of down) {
    for (const [column, columnShare] of across) {
      const share = rowShare * columnShare
      if (share === 0) continue
      for (const [plane, value] of sampleInput(field, column, row).entries()) {
        sum[plane] = (sum[plane] ?? 0) + share * value
      }
    }
  }
  return sum
}

/** The two cells a pixel lies between, with their shares. */
function tapOf(cells: number, pixels: number, pixel: number): readonly (readonly [number, number])[] {
  const at = Math.min(Math.max(((pixel + 0.5) * cells) / pixels - 0.5, 0), cells - 1)
  const near = Math.floor(at)
  const share = at - near
  return [
    [near, 1 - share],
    [Math.min(near + 1, cells - 1), share]
  ]
}
