import { StudioError } from '../errors'
import { tapsOf, type Planes } from './bilinear'

/** The label that no loss and no score counts, as in the training code. */
export const IGNORED_LABEL = 255

export interface Loss {
  /** nats a pixel, row-major; NaN where the label is ignored */
  readonly values: Float32Array<ArrayBuffer>
  /** over the pixels that are not ignored; NaN where all are */
  readonly mean: number
}

/** exp(−23) is under 1e-10: what 150 such classes add to a sum of at least 1 is lost in float32. */
const NEGLIGIBLE = -23

/**
 * Pixelwise cross-entropy −log softmax(s/τ)[label] of the bilinearly resized scores: [classes, rows, columns] against
 * `labels` of height × width. τ = 1 for a decoder's logits; the pixel–text matching loss of DenseCLIP takes the score
 * map with τ = 0.07. The resized scores are never made whole.
 *
 * Throws a StudioError `mismatch` where a label is none of the classes.
 */
export function crossEntropy(
  scores: Planes,
  labels: ArrayLike<number>,
  height: number,
  width: number,
  tau: number
): Loss {
  const { data, planes: classes, rows, columns } = scores
  const down = tapsOf(rows, height)
  const across = tapsOf(columns, width)
  const values = new Float32Array(height * width)
  // one line of every class: resized downwards first, then across
  const lines = new Float64Array(classes * columns)
  const pixel = new Float64Array(classes)
  let sum = 0
  let counted = 0

  for (let y = 0; y < height; y++) {
    const near = down.near[y] ?? 0
    const far = down.far[y] ?? 0
    const dy = down.share[y] ?? 0
    for (let k = 0; k < classes; k++) {
      const top = (k * rows + near) * columns
      const bottom = (k * rows + far) * columns
      // cell by cell, so that the classes of one cell lie together
      for (let column = 0; column < columns; column++) {
        const value = (data[top + column] ?? 0) * (1 - dy) + (data[bottom + column] ?? 0) * dy
        lines[column * classes + k] = value / tau
      }
    }
    for (let x = 0; x < width; x++) {
      const i = y * width + x
      const label = labels[i] ?? IGNORED_LABEL
      if (label === IGNORED_LABEL) {
        values[i] = NaN
        continue
      }
      if (label >= classes) {
        throw new StudioError(
          'mismatch',
          `The labels hold ${label}, but there are ${classes} classes (0 to ${classes - 1}): choose labels made for this class list.`
        )
      }
      const left = (across.near[x] ?? 0) * classes
      const right = (across.far[x] ?? 0) * classes
      const dx = across.share[x] ?? 0
      let largest = -Infinity
      for (let k = 0; k < classes; k++) {
        const value = (lines[left + k] ?? 0) * (1 - dx) + (lines[right + k] ?? 0) * dx
        pixel[k] = value
        if (value > largest) largest = value
      }
      let exponentials = 0
      for (let k = 0; k < classes; k++) {
        const below = (pixel[k] ?? 0) - largest
        if (below > NEGLIGIBLE) exponentials += Math.exp(below)
      }
      const loss = largest + Math.log(exponentials) - (pixel[label] ?? 0)
      values[i] = loss
      sum += loss
      counted++
    }
  }
  return { values, mean: counted > 0 ? sum / counted : NaN }
}
