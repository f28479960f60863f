import type { Tensor } from '../tensor'
import { numberBlocks } from './number-blocks'

/** Bins of a histogram. */
export const BINS = 64

/** How many finite values lie in each of equally wide bins over [low, high]; the last bin holds `high` too. */
export interface Histogram {
  readonly low: number
  readonly high: number
  /** BINS of them; one where all finite values are equal (low is high); none where there is no finite value */
  readonly counts: readonly number[]
}

/** What the values of a tensor are like. Sums are in double precision, over the finite values alone. */
export interface WeightStatistics {
  readonly count: number
  readonly zeros: number
  readonly nan: number
  readonly positiveInfinity: number
  readonly negativeInfinity: number
  /** undefined where there is no finite value */
  readonly min: number | undefined
  readonly max: number | undefined
  readonly mean: number | undefined
  /** of the values themselves (divided by their number, not by one less) */
  readonly std: number | undefined
  /** L2 */
  readonly norm: number
  readonly histogram: Histogram
}

/** Two passes: the range and the mean first, then the deviation from it and the histogram. */
export function weightStatistics(tensor: Tensor): WeightStatistics {
  const first = firstPass(tensor)
  const { count, finite, min, max } = first
  const special = {
    count,
    zeros: first.zeros,
    nan: first.nan,
    positiveInfinity: first.positiveInfinity,
    negativeInfinity: first.negativeInfinity
  }
  const none = { min: undefined, max: undefined, mean: undefined, std: undefined }
  if (finite === 0) return { ...special, ...none, norm: 0, histogram: { low: 0, high: 0, counts: [] } }
  const mean = first.sum / finite
  const { counts, deviations } = secondPass(tensor, { min, max, mean })
  return {
    ...special,
    min,
    max,
    mean,
    std: Math.sqrt(deviations / finite),
    norm: Math.sqrt(first.squares),
    histogram: { low: min, high: max, counts }
  }
}

function firstPass(tensor: Tensor) {
  let [finite, zeros, nan, positiveInfinity, negativeInfinity] = [0, 0, 0, 0, 0]
  let [sum, squares, min, max] = [0, 0, Infinity, -Infinity]
  for (const block of numberBlocks(tensor)) {
    for (let i = 0; i < block.length; i++) {
      const value = block[i] ?? 0
      if (value - value === 0) {
        finite++
        if (value === 0) zeros++
        sum += value
        squares += value * value
        if (value < min) min = value
        if (value > max) max = value
      } else if (value > 0) positiveInfinity++
      else if (value < 0) negativeInfinity++
      else nan++
    }
  }
  const count = finite + nan + positiveInfinity + negativeInfinity
  return { count, finite, zeros, nan, positiveInfinity, negativeInfinity, sum, squares, min, max }
}

function secondPass(tensor: Tensor, { min, max, mean }: { min: number; max: number; mean: number }) {
  const bins = min === max ? 1 : BINS
  const counts = new Array<number>(bins).fill(0)
  // halved, so that the width of the widest range is still a number
  const halfWidth = max / 2 - min / 2
  let deviations = 0
  for (const block of numberBlocks(tensor)) {
    for (let i = 0; i < block.length; i++) {
      const value = block[i] ?? 0
      if (value - value !== 0) continue
      deviations += (value - mean) ** 2
      const share = halfWidth > 0 ? (value / 2 - min / 2) / halfWidth : 0
      const bin = Math.min(bins - 1, Math.floor(share * bins))
      counts[bin] = (counts[bin] ?? 0) + 1
    }
  }
  return { counts, deviations }
}
