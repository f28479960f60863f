import { mixOf, type Planes } from './bilinear'

export interface Labels {
  /** class a pixel, row-major */
  readonly labels: Uint16Array<ArrayBuffer>
  /** pixels of each class */
  readonly counts: readonly number[]
}

/**
 * Argmax over the classes of the bilinearly resized scores: [classes, rows, columns] → height × width labels, by way of
 * the size `through` where the scores are first resized to that (which may not be smaller than they are). Of equal
 * scores the lowest class wins; where nothing is a number, class 0.
 *
 * The resized scores (classes × height × width) are never made. A bilinear value stays within the cells that it is mixed
 * of, so a class whose highest cell lies below another's lowest cannot win there; what is left, a few classes usually, is
 * evaluated pixel by pixel. Exact, and at worst the cost of evaluating all.
 */
export function labelMap(
  scores: Planes,
  height: number,
  width: number,
  through: { readonly height: number; readonly width: number } = { height, width }
): Labels {
  const { data, planes: classes, rows, columns } = scores
  const down = mixOf(rows, Math.max(rows, through.height), height)
  const across = mixOf(columns, Math.max(columns, through.width), width)
  const { reach } = across
  const isPlain = reach === 1 && down.reach === 1
  const labels = new Uint16Array(height * width)
  const counts = new Array<number>(classes).fill(0)

  /** for each column: the highest of the lowest cells, and the classes that reach it, in order */
  const bound = new Float32Array(columns)
  const candidates = new Uint16Array(columns * classes)
  const candidateCount = new Int32Array(columns)
  /** lowest and highest of the rows in question: a column, then those behind the last, which repeat it */
  const low = new Float32Array(columns + 2)
  const highest = new Float32Array(classes * (columns + 2))
  const best = new Float64Array(width)

  const within = (cell: number, cells: number): number => (cell < cells ? cell : cells - 1)

  function findCandidates(row: number): void {
    bound.fill(-Infinity)
    for (let k = 0; k < classes; k++) {
      const top = (k * rows + row) * columns
      const middle = (k * rows + within(row + 1, rows)) * columns
      const bottom = (k * rows + within(row + down.reach, rows)) * columns
      const high = k * (columns + 2)
      for (let column = 0; column < columns; column++) {
        const a = data[top + column] ?? 0
        const b = data[middle + column] ?? 0
        let lower = a < b ? a : b
        let higher = a < b ? b : a
        if (!isPlain) {
          const c = data[bottom + column] ?? 0
          if (c < lower) lower = c
          if (c > higher) higher = c
        }
        low[column] = lower
        highest[high + column] = higher
      }
      low.fill(low[columns - 1] ?? 0, columns)
      highest.fill(highest[high + columns - 1] ?? 0, high + columns, high + columns + 2)
      for (let column = 0; column < columns; column++) {
        let lowest = low[column] ?? 0
        const next = low[column + 1] ?? 0
        const last = low[column + reach] ?? 0
        if (next < lowest) lowest = next
        if (last < lowest) lowest = last
        if (lowest > (bound[column] ?? 0)) bound[column] = lowest
      }
    }
    candidateCount.fill(0)
    for (let k = 0; k < classes; k++) {
      const high = k * (columns + 2)
      for (let column = 0; column < columns; column++) {
        const limit = bound[column] ?? 0
        if (
          (highest[high + column] ?? 0) >= limit ||
          (highest[high + column + 1] ?? 0) >= limit ||
          (highest[high + column + reach] ?? 0) >= limit
        ) {
          const count = candidateCount[column] ?? 0
          candidates[column * classes + count] = k
          candidateCount[column] = count + 1
        }
      }
    }
  }

  const [shareOfRow, shareOfNextRow, shareOfLastRow] = down.shares
  const [share, shareOfNext, shareOfLast] = across.shares
  for (const { first: firstRow, end: endRow } of down.runs) {
    const row = down.first[firstRow] ?? 0
    findCandidates(row)
    const toNextRow = (within(row + 1, rows) - row) * columns
    const toLastRow = (within(row + 2, rows) - row) * columns
    for (let y = firstRow; y < endRow; y++) {
      const above = shareOfRow[y] ?? 0
      const at = shareOfNextRow[y] ?? 0
      const below = shareOfLastRow[y] ?? 0
      const line = y * width
      best.fill(-Infinity)
      for (const { first, end } of across.runs) {
        const column = across.first[first] ?? 0
        const toNext = within(column + 1, columns) - column
        const toLast = within(column + 2, columns) - column
        const count = candidateCount[column] ?? 0
        for (let c = 0; c < count; c++) {
          const k = candidates[column * classes + c] ?? 0
          const i = (k * rows + row) * columns + column
          const j = i + toNextRow
          let left = (data[i] ?? 0) * above + (data[j] ?? 0) * at
          let centre = (data[i + toNext] ?? 0) * above + (data[j + toNext] ?? 0) * at
          // two loops, since this is where the time goes
          if (isPlain) {
            for (let x = first; x < end; x++) {
              const value = left * (share[x] ?? 0) + centre * (shareOfNext[x] ?? 0)
              if (value > (best[x] ?? 0)) {
                best[x] = value
                labels[line + x] = k
              }
            }
            continue
          }
          const l = i + toLastRow
          left += (data[l] ?? 0) * below
          centre += (data[l + toNext] ?? 0) * below
          const right = (data[i + toLast] ?? 0) * above + (data[j + toLast] ?? 0) * at + (data[l + toLast] ?? 0) * below
          for (let x = first; x < end; x++) {
            const value = left * (share[x] ?? 0) + centre * (shareOfNext[x] ?? 0) + right * (shareOfLast[x] ?? 0)
            if (value > (best[x] ?? 0)) {
              best[x] = value
              labels[line + x] = k
            }
          }
        }
      }
      for (let x = line; x < line + width; x++) {
        const label = labels[x] ?? 0
        counts[label] = (counts[label] ?? 0) + 1
      }
    }
  }
  return { labels, counts }
}
