import { sampleBilinear, type Planes } from './bilinear'

/*
 * What a score map says to SAM: the peaks of a class as points, its region as a box, the map itself as a mask.
 *
 * Everything is made of the margin of the class, its cosine less the best of all other classes in the same cell. Where
 * it is above the threshold (0: where the class wins), the cell belongs to the class. A list of one class has nothing to
 * win against: its margin is the cosine less the mean over all cells.
 */

/** Values of one class in cells: [rows, columns], row-major. */
export interface ClassMargin {
  readonly rows: number
  readonly columns: number
  /** cosine; above the threshold the cell belongs to the class */
  readonly values: Float32Array
}

/** As shares of what the grid covers, 0 at the outer edge of the first cell and 1 at that of the last. */
export interface Place {
  readonly x: number
  readonly y: number
}

/** Logits further out than this are all the same to a sigmoid in single precision. */
export const MASK_LIMIT = 20

/** Peaks nearer to each other than this many cells, along rows or columns, are one; the higher stays. */
const PEAK_DISTANCE = 2

export function classMargin({ data, planes, rows, columns }: Planes, classIndex: number): ClassMargin {
  const cells = rows * columns
  const own = data.subarray(classIndex * cells, (classIndex + 1) * cells)
  if (planes === 1) {
    const mean = own.reduce((sum, value) => sum + value, 0) / cells
    return { rows, columns, values: own.map((value) => value - mean) }
  }
  const values = own.map((value, cell) => {
    let best = -Infinity
    for (let k = 0; k < planes; k++) if (k !== classIndex) best = Math.max(best, data[k * cells + cell] ?? -Infinity)
    return value - best
  })
  return { rows, columns, values }
}

/**
 * Middles of the cells where the margin is highest among its eight neighbours and above the threshold, highest first; of
 * two within PEAK_DISTANCE cells the lower is left out, and of equals the one that comes later.
 */
export function peakPoints({ rows, columns, values }: ClassMargin, threshold: number, most: number): Place[] {
  const value = (row: number, column: number): number =>
    row < 0 || row >= rows || column < 0 || column >= columns
      ? -Infinity
      : (values[row * columns + column] ?? -Infinity)
  const peaks: { row: number; column: number; height: number }[] = []
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const height = value(row, column)
      const isPeak =
        height > threshold && [-1, 0, 1].every((dy) => [-1, 0, 1].every((dx) => value(row + dy, column + dx) <= height))
      if (isPeak) peaks.push({ row, column, height })
    }
  }
  const kept: typeof peaks = []
  for (const peak of peaks.sort((a, b) => b.height - a.height)) {
    const isApart = kept.every(
      ({ row, column }) => Math.max(Math.abs(row - peak.row), Math.abs(column - peak.column)) > PEAK_DISTANCE
    )
    if (isApart && kept.length < most) kept.push(peak)
  }
  return kept.map(({ row, column }) => ({ x: (column + 0.5) / columns, y: (row + 0.5) / rows }))
}

/**
 * The box around the largest region of cells above the threshold that hang together by their sides (of equals the first),
 * as shares: left, top, right, bottom along the outer edges of its cells. Undefined where no cell is above.
 */
export function regionBox(
  { rows, columns, values }: ClassMargin,
  threshold: number
): readonly [number, number, number, number] | undefined {
  const seen = new Uint8Array(rows * columns)
  let largest: readonly number[] = []
  values.forEach((_, start) => {
    const region: number[] = []
    const open = [start]
    for (let cell = open.pop(); cell !== undefined; cell = open.pop()) {
      if (seen[cell] === 1 || !((values[cell] ?? -Infinity) > threshold)) continue
      seen[cell] = 1
      region.push(cell)
      const column = cell % columns
      if (column > 0) open.push(cell - 1)
      if (column < columns - 1) open.push(cell + 1)
      if (cell >= columns) open.push(cell - columns)
      if (cell < (rows - 1) * columns) open.push(cell + columns)
    }
    if (region.length > largest.length) largest = region
  })
  if (largest.length === 0) return undefined
  const across = largest.map((cell) => cell % columns)
  const down = largest.map((cell) => Math.floor(cell / columns))
  return [
    Math.min(...across) / columns,
    Math.min(...down) / rows,
    (Math.max(...across) + 1) / columns,
    (Math.max(...down) + 1) / rows
  ]
}

/** How a mask of SAM lies over a score map. */
export interface MaskGrid {
  /** cells along each side of the mask */
  readonly side: number
  /** share of the score map's width that one mask's width is, and the same of the heights: 1.5 where SAM fills up a half */
  readonly spanX: number
  readonly spanY: number
}

/**
 * The margin as a mask prompt, [side, side]: logit = (margin − threshold) / τ, bilinear between the middles of the cells,
 * cut at ±MASK_LIMIT. Scores over τ are the logits that the model's matching loss trains, so the difference of two is the
 * log-odds of the class against the best other; SAM's masks are log-odds of inside against outside, in the same unit and
 * of the same size (some ±10). What SAM fills up beyond the map is as far outside as the surest cell outside is.
 */
export function maskPrompt(
  margin: ClassMargin,
  threshold: number,
  tau: number,
  { side, spanX, spanY }: MaskGrid
): Float32Array<ArrayBuffer> {
  const { rows, columns, values } = margin
  const source: Planes = { data: values, planes: 1, rows, columns }
  const logit = (value: number): number => Math.min(Math.max((value - threshold) / tau, -MASK_LIMIT), MASK_LIMIT)
  const beyond = logit(values.reduce((least, value) => Math.min(least, value), threshold))
  return Float32Array.from({ length: side * side }, (_, i) => {
    const x = (((i % side) + 0.5) / side) * spanX
    const y = ((Math.floor(i / side) + 0.5) / side) * spanY
    if (x >= 1 || y >= 1) return beyond
    return logit(sampleBilinear(source, x, y, 1, 1)[0] ?? 0)
  })
}
