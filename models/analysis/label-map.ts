import { tapsOf, type Planes } from './bilinear'

export interface Labels {
  /** class a pixel, row-major */
  readonly labels: Uint16Array<ArrayBuffer>
  /** pixels of each class */
  readonly counts: readonly number[]
}

/**
 * Argmax over the classes of the bilinearly resized scores: [classes, rows, columns] → height × width labels. Of equal
 * scores the lowest class wins; where nothing is a number, class 0.
 *
 * The resized scores (classes × height × width) are never made. Between four neighbouring cells a bilinear value stays
 * within its corners, so a class whose highest corner lies below another's lowest cannot win there; what is left, a few
 * classes usually, is evaluated pixel by pixel. Exact, and at worst the cost of evaluating all.
 */
export function labelMap(scores: Planes, height: number, width: number): Labels {
  const { data, planes: classes, rows, columns } = scores
  const down = tapsOf(rows, height)
  const across = tapsOf(columns, width)
  const labels = new Uint16Array(height * width)
  const counts = new Array<number>(classes).fill(0)

  /** for each column of cells: the highest of the lowest corners, and the classes that reach it, in order */
  const bound = new Float32Array(columns)
  const candidates = new Uint16Array(columns * classes)
  const candidateCount = new Int32Array(columns)
  const best = new Float64Array(width)

  function findCandidates(near: number, far: number): void {
    bound.fill(-Infinity)
    candidateCount.fill(0)
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < classes; k++) {
        const top = (k * rows + near) * columns
        const bottom = (k * rows + far) * columns
        let left = data[top] ?? 0
        let leftBelow = data[bottom] ?? 0
        for (let column = 0; column < columns; column++) {
          const next = column + 1 < columns ? column + 1 : column
          const right = data[top + next] ?? 0
          const rightBelow = data[bottom + next] ?? 0
          if (pass === 0) {
            const lower = left < leftBelow ? left : leftBelow
            const lowerRight = right < rightBelow ? right : rightBelow
            const lowest = lower < lowerRight ? lower : lowerRight
            if (lowest > (bound[column] ?? 0)) bound[column] = lowest
          } else {
            const limit = bound[column] ?? 0
            if (left >= limit || leftBelow >= limit || right >= limit || rightBelow >= limit) {
              const count = candidateCount[column] ?? 0
              candidates[column * classes + count] = k
              candidateCount[column] = count + 1
            }
          }
          left = right
          leftBelow = rightBelow
        }
      }
    }
  }

  for (const { first: firstRow, end: endRow } of down.runs) {
    const near = down.near[firstRow] ?? 0
    const far = down.far[firstRow] ?? 0
    findCandidates(near, far)
    for (let y = firstRow; y < endRow; y++) {
      const dy = down.share[y] ?? 0
      const line = y * width
      best.fill(-Infinity)
      for (const { first, end } of across.runs) {
        const column = across.near[first] ?? 0
        const next = across.far[first] ?? 0
        const count = candidateCount[column] ?? 0
        for (let c = 0; c < count; c++) {
          const k = candidates[column * classes + c] ?? 0
          const top = (k * rows + near) * columns
          const bottom = (k * rows + far) * columns
          const left = (data[top + column] ?? 0) * (1 - dy) + (data[bottom + column] ?? 0) * dy
          const right = (data[top + next] ?? 0) * (1 - dy) + (data[bottom + next] ?? 0) * dy
          for (let x = first; x < end; x++) {
            const dx = across.share[x] ?? 0
            const value = left * (1 - dx) + right * dx
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
