import type { MeanIou } from '../results-api'
import { StudioError } from '../errors'
import { IGNORED_LABEL } from './cross-entropy'

/** Pixels by true class (row) and predicted class (column): [classes × classes], row-major. */
export type Confusion = Float64Array<ArrayBuffer>

export function emptyConfusion(classes: number): Confusion {
  return new Float64Array(classes * classes)
}

/**
 * Adds one picture's pixels to `confusion`, ignored ones left out. Throws a StudioError `mismatch` where the sizes differ
 * or a label is none of the classes.
 */
export function addToConfusion(
  confusion: Confusion,
  classes: number,
  labels: ArrayLike<number>,
  predicted: ArrayLike<number>
): void {
  if (labels.length !== predicted.length) {
    throw new StudioError('mismatch', `The labels have ${labels.length} pixels, the picture has ${predicted.length}.`)
  }
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] ?? IGNORED_LABEL
    if (label === IGNORED_LABEL) continue
    const answer = predicted[i] ?? 0
    if (label >= classes || answer >= classes) {
      throw new StudioError(
        'mismatch',
        `The labels hold ${Math.max(label, answer)}, but there are ${classes} classes (0 to ${classes - 1}): choose labels made for this class list.`
      )
    }
    const cell = label * classes + answer
    confusion[cell] = (confusion[cell] ?? 0) + 1
  }
}

/**
 * Intersection over union TP / (TP + FP + FN) of each class. A class that is in neither the labels nor the answer has
 * none, and counts as 0 in the mean over all classes. Pixel accuracy is the share of pixels answered right, 0 where
 * there are none.
 */
export function meanIou(confusion: Confusion, classes: number): MeanIou {
  const truth = new Float64Array(classes)
  const answered = new Float64Array(classes)
  let right = 0
  for (let row = 0; row < classes; row++) {
    for (let column = 0; column < classes; column++) {
      const pixels = confusion[row * classes + column] ?? 0
      truth[row] = (truth[row] ?? 0) + pixels
      answered[column] = (answered[column] ?? 0) + pixels
      if (row === column) right += pixels
    }
  }
  const perClass = Array.from({ length: classes }, (_, k) => {
    const hits = confusion[k * classes + k] ?? 0
    const union = (truth[k] ?? 0) + (answered[k] ?? 0) - hits
    return union > 0 ? hits / union : undefined
  })
  const all = truth.reduce((sum, pixels) => sum + pixels, 0)
  return {
    perClass,
    mean: perClass.reduce<number>((sum, iou) => sum + (iou ?? 0), 0) / classes,
    pixelAccuracy: all > 0 ? right / all : 0
  }
}
