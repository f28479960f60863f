import type { RgbImage, Size } from './preprocess'

/** Pillow's 8-bit resampling works with weights in units of 2⁻²². */
const WEIGHT_BITS = 22
const ONE = 2 ** WEIGHT_BITS

/** The weights of an output position: over `weights.length` source positions from `first` on. */
interface Tap {
  readonly first: number
  readonly weights: Int32Array
}

/** A triangle as wide as an output pixel is in the source, but at least two source pixels. */
function taps(from: number, to: number): Tap[] {
  const scale = from / to
  const reach = Math.max(scale, 1)
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * scale
    const first = Math.max(0, Math.trunc(center - reach + 0.5))
    const end = Math.min(from, Math.trunc(center + reach + 0.5))
    const raw = Array.from({ length: end - first }, (_unused, j) =>
      Math.max(0, 1 - Math.abs((first + j - center + 0.5) / reach))
    )
    const sum = raw.reduce((total, weight) => total + weight, 0)
    return { first, weights: Int32Array.from(raw, (weight) => Math.trunc((weight / sum) * ONE + 0.5)) }
  })
}

/**
 * Bilinear resize of 8-bit RGB with antialiasing, as Pillow does it (torchvision's `resize` of a picture, which SAM's
 * predictor takes): a triangle filter, columns first and then rows, rounded to 8 bits after each.
 */
export function resizeRgbAntialiased(image: RgbImage, size: Size): RgbImage {
  const narrowed = size.width === image.width ? image : resizeColumns(image, size.width)
  return size.height === image.height ? narrowed : resizeRows(narrowed, size.height)
}

function resizeColumns({ width, height, rgb }: RgbImage, to: number): RgbImage {
  const columns = taps(width, to)
  const result = new Uint8Array(to * height * 3)
  for (let y = 0, out = 0; y < height; y++) {
    for (const { first, weights } of columns) {
      for (let channel = 0; channel < 3; channel++, out++) {
        let sum = ONE / 2
        for (let i = 0, at = (y * width + first) * 3 + channel; i < weights.length; i++, at += 3) {
          sum += (rgb[at] ?? 0) * (weights[i] ?? 0)
        }
        result[out] = Math.min(sum >> WEIGHT_BITS, 255)
      }
    }
  }
  return { width: to, height, rgb: result }
}

function resizeRows({ width, height, rgb }: RgbImage, to: number): RgbImage {
  const stride = width * 3
  const result = new Uint8Array(stride * to)
  const sums = new Int32Array(stride)
  for (const [y, { first, weights }] of taps(height, to).entries()) {
    sums.fill(ONE / 2)
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i] ?? 0
      for (let x = 0, at = (first + i) * stride; x < stride; x++, at++) {
        sums[x] = (sums[x] ?? 0) + (rgb[at] ?? 0) * weight
      }
    }
    for (let x = 0; x < stride; x++) result[y * stride + x] = Math.min((sums[x] ?? 0) >> WEIGHT_BITS, 255)
  }
  return { width, height: to, rgb: result }
}
