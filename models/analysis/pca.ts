import { StudioError } from '../errors'
import { leadingEigenpairs } from './eigen'

/**
 * Components are found on at most this many cells, taken at regular steps; the scores are of all cells. Exact up to a
 * grid of 64 × 64; beyond it, neighbours say nearly the same and the product would take seconds.
 */
const MAX_FITTED_CELLS = 4096

/** An eigenvalue smaller than this against the first is rounding: the features have no such direction. */
const RANK_TOLERANCE = 1e-12

/** Distances that differ by less are equal: rounding must not choose the sign. */
const EQUAL_DISTANCE = 1e-9

export interface Components {
  /** [n, cells] coordinate of each cell along each component, in feature units, about the mean */
  readonly scores: Float32Array<ArrayBuffer>
  /** share of the whole variance that each component explains, 0..1; 0 for components that do not exist */
  readonly explained: readonly number[]
}

/** [rows, columns] times its own transpose: [rows, rows], in blocks of four rows so that each is loaded seldom. */
function products(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(rows * rows)
  for (let i = 0; i < rows; i++) {
    const a = matrix.subarray(i * columns, (i + 1) * columns)
    for (let j = 0; j <= i; j += 4) {
      const [b, c, d, e] = [0, 1, 2, 3].map((k) => {
        const row = Math.min(j + k, rows - 1)
        return matrix.subarray(row * columns, (row + 1) * columns)
      })
      if (!b || !c || !d || !e) continue
      let ab = 0
      let ac = 0
      let ad = 0
      let ae = 0
      for (let k = 0; k < columns; k++) {
        const value = a[k] ?? 0
        ab += value * (b[k] ?? 0)
        ac += value * (c[k] ?? 0)
        ad += value * (d[k] ?? 0)
        ae += value * (e[k] ?? 0)
      }
      const sums = [ab, ac, ad, ae]
      for (let k = 0; k < 4 && j + k <= i; k++) {
        result[i * rows + j + k] = sums[k] ?? 0
        result[(j + k) * rows + i] = sums[k] ?? 0
      }
    }
  }
  return result
}

/** Features about their mean over the fitted cells, as [channels, cells] in double precision. */
function centred(features: Float32Array, channels: number, step: number): { fitted: Float64Array; mean: Float64Array } {
  const cells = features.length / channels
  const count = Math.ceil(cells / step)
  const fitted = new Float64Array(channels * count)
  const mean = new Float64Array(channels)
  for (let channel = 0; channel < channels; channel++) {
    let sum = 0
    for (let i = 0; i < cells; i += step) sum += features[channel * cells + i] ?? 0
    mean[channel] = sum / count
    if (!Number.isFinite(sum)) {
      throw new StudioError(
        'unavailable',
        'Values that are not finite (NaN or infinite) have no principal components; look at the channels one by one.'
      )
    }
    for (let i = 0; i < count; i++) {
      fitted[channel * count + i] = (features[channel * cells + i * step] ?? 0) - sum / count
    }
  }
  return { fitted, mean }
}

function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(matrix.length)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j] ?? 0
  }
  return result
}

/**
 * The first n principal components over the cells of [channels, cells]. A component's sign is free: it is turned so that
 * the cell farthest from the mean along it (the first of equals) is positive, so equal features give equal maps.
 * Throws a StudioError `unavailable` where values are not finite.
 */
export function principalComponents(features: Float32Array, channels: number, n: number): Components {
  const cells = features.length / channels
  const { fitted, mean } = centred(features, channels, Math.ceil(cells / MAX_FITTED_CELLS))
  const count = fitted.length / channels

  // the smaller of the two products has the same eigenvalues
  const byCell = transposed(fitted, channels, count)
  const small = Math.min(channels, count)
  const gram = count < channels ? products(byCell, count, channels) : products(fitted, channels, count)
  const { values, vectors } = leadingEigenpairs(gram, small, n)
  let variance = 0
  for (let i = 0; i < small; i++) variance += gram[i * small + i] ?? 0

  const scores = new Float32Array(n * cells)
  for (let component = 0; component < Math.min(n, small); component++) {
    const value = values[component] ?? 0
    if (value <= RANK_TOLERANCE * (values[0] ?? 0)) break
    const vector = vectors.subarray(component * small, (component + 1) * small)
    // direction in feature space, of length one
    const direction = new Float64Array(channels)
    if (count < channels) {
      const length = Math.sqrt(value)
      for (let i = 0; i < count; i++) {
        const weight = (vector[i] ?? 0) / length
        for (let channel = 0; channel < channels; channel++) {
          direction[channel] = (direction[channel] ?? 0) + weight * (byCell[i * channels + channel] ?? 0)
        }
      }
    } else {
      direction.set(vector)
    }

    const line = new Float64Array(cells)
    for (let channel = 0; channel < channels; channel++) {
      const weight = direction[channel] ?? 0
      const about = mean[channel] ?? 0
      const plane = channel * cells
      for (let i = 0; i < cells; i++) line[i] = (line[i] ?? 0) + weight * ((features[plane + i] ?? 0) - about)
    }
    let farthest = 0
    for (const score of line) if (Math.abs(score) > Math.abs(farthest) * (1 + EQUAL_DISTANCE)) farthest = score
    const sign = farthest < 0 ? -1 : 1
    for (let i = 0; i < cells; i++) scores[component * cells + i] = sign * (line[i] ?? 0)
  }
  const explained = Array.from({ length: n }, (_, i) => (variance > 0 ? Math.max(values[i] ?? 0, 0) / variance : 0))
  return { scores, explained }
}

/** Colours run from the 1st to the 99th hundredth of the scores, so that a few far cells don't take all the range. */
const CLIPPED_SHARE = 0.01

/** Three components as red, green and blue, 0..255, [cells × 3]; each stretched to the whole range, constant ones 128. */
export function rgbFromScores(scores: Float32Array): Uint8Array<ArrayBuffer> {
  const cells = scores.length / 3
  const rgb = new Uint8Array(cells * 3)
  for (let component = 0; component < 3; component++) {
    const line = scores.subarray(component * cells, (component + 1) * cells)
    const sorted = line.slice().sort()
    const low = sorted[Math.floor(CLIPPED_SHARE * (cells - 1))] ?? 0
    const high = sorted[Math.ceil((1 - CLIPPED_SHARE) * (cells - 1))] ?? 0
    for (let i = 0; i < cells; i++) {
      const share = high > low ? ((line[i] ?? 0) - low) / (high - low) : 0.5
      rgb[i * 3 + component] = Math.round(255 * Math.min(Math.max(share, 0), 1))
    }
  }
  return rgb
}
