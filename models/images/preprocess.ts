import { float32Tensor, type Tensor } from '../tensor'

/** 8-bit RGB, row-major, three bytes a pixel. */
export interface RgbImage {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

export interface Size {
  readonly width: number
  readonly height: number
}

/**
 * The size of the published test pipeline (mmcv's imrescale): the short side becomes `shortSide` unless the long one
 * would exceed `maxLongSide`, the ratio is kept, sides round half up. An undefined limit does not limit.
 */
export function targetSize(picture: Size, shortSide: number | undefined, maxLongSide: number | undefined): Size {
  const long = Math.max(picture.width, picture.height)
  const short = Math.min(picture.width, picture.height)
  const scale = Math.min((shortSide ?? Infinity) / short, (maxLongSide ?? Infinity) / long)
  if (scale === Infinity) return { width: picture.width, height: picture.height }
  const scaled = (side: number): number => Math.max(1, Math.trunc(side * scale + 0.5))
  return { width: scaled(picture.width), height: scaled(picture.height) }
}

/** OpenCV's 8-bit bilinear works with weights in units of 1/2048. */
const WEIGHT_BITS = 11

/** For each output position: the two neighbours it lies between and their weights in fixed point. */
function taps(
  from: number,
  to: number
): { near: Int32Array; far: Int32Array; nearWeight: Int32Array; farWeight: Int32Array } {
  const near = new Int32Array(to)
  const far = new Int32Array(to)
  const nearWeight = new Int32Array(to)
  const farWeight = new Int32Array(to)
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1)
    const first = Math.floor(at)
    near[i] = first
    far[i] = Math.min(first + 1, from - 1)
    farWeight[i] = Math.round((at - first) * 2 ** WEIGHT_BITS)
    nearWeight[i] = Math.round((1 - (at - first)) * 2 ** WEIGHT_BITS)
  }
  return { near, far, nearWeight, farWeight }
}

/**
 * Bilinear resize of 8-bit RGB with half-pixel centres and without antialiasing, in the fixed-point arithmetic of
 * OpenCV's INTER_LINEAR (its vector path), which lies up to 0.75 of a level from the exact value.
 */
export function resizeRgb(image: RgbImage, size: Size): RgbImage {
  const { width, height, rgb } = image
  if (size.width === width && size.height === height) return image
  const columns = taps(width, size.width)
  const rows = taps(height, size.height)
  const stride = size.width * 3
  const result = new Uint8Array(size.height * stride)

  // rows of the source, resized horizontally, in 1/2048 of a level; consecutive output rows share them
  const lines = [new Int32Array(stride), new Int32Array(stride)] as const
  const held = [-1, -1]
  function line(row: number, other: number): Int32Array {
    if (held[0] === row) return lines[0]
    if (held[1] === row) return lines[1]
    const slot = held[0] === other ? 1 : 0
    const values = lines[slot]
    const start = row * width * 3
    for (let x = 0, out = 0; x < size.width; x++, out += 3) {
      const near = start + (columns.near[x] ?? 0) * 3
      const far = start + (columns.far[x] ?? 0) * 3
      const nearWeight = columns.nearWeight[x] ?? 0
      const farWeight = columns.farWeight[x] ?? 0
      for (let c = 0; c < 3; c++) {
        values[out + c] = (rgb[near + c] ?? 0) * nearWeight + (rgb[far + c] ?? 0) * farWeight
      }
    }
    held[slot] = row
    return values
  }

  for (let y = 0; y < size.height; y++) {
    const near = rows.near[y] ?? 0
    const far = rows.far[y] ?? 0
    const nearWeight = rows.nearWeight[y] ?? 0
    const farWeight = rows.farWeight[y] ?? 0
    const above = line(near, far)
    const below = line(far, near)
    for (let i = 0, out = y * stride; i < stride; i++, out++) {
      // each product is cut to 16 bits before the sum is rounded: 4 + 16 + 2 = 2 · WEIGHT_BITS
      const a = (((above[i] ?? 0) >> 4) * nearWeight) >> 16
      const b = (((below[i] ?? 0) >> 4) * farWeight) >> 16
      result[out] = Math.min((a + b + 2) >> 2, 255)
    }
  }
  return { width: size.width, height: size.height, rgb: result }
}

/**
 * (value − mean) / std a channel, as [1, 3, H, W]. With `padToMultipleOf`, H and W grow to multiples of it, filled with
 * zeros at the right and bottom after normalising (the mean colour).
 * @param mean of 0..255, red, green, blue
 */
export function normalise(
  image: RgbImage,
  mean: readonly [number, number, number],
  std: readonly [number, number, number],
  padToMultipleOf = 1
): Tensor<'float32'> {
  const width = Math.ceil(image.width / padToMultipleOf) * padToMultipleOf
  const height = Math.ceil(image.height / padToMultipleOf) * padToMultipleOf
  const tensor = float32Tensor([1, 3, height, width])
  for (let channel = 0; channel < 3; channel++) {
    // 256 possible values: a table is exact and spares three divisions a pixel
    const levels = Float32Array.from(
      { length: 256 },
      (_, level) => (level - (mean[channel] ?? 0)) / (std[channel] ?? 1)
    )
    for (let y = 0; y < image.height; y++) {
      const out = (channel * height + y) * width
      const start = y * image.width * 3 + channel
      for (let x = 0; x < image.width; x++) tensor.data[out + x] = levels[image.rgb[start + x * 3] ?? 0] ?? 0
    }
  }
  return tensor
}
