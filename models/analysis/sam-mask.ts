import { resizeBilinear } from './bilinear'

/** Where SAM's square lies over a picture: the picture is scaled to the input, which zeros fill up to the square. */
export interface SamGeometry {
  /** side of the square, pixels */
  readonly square: number
  readonly inputWidth: number
  readonly inputHeight: number
  /** of the picture */
  readonly width: number
  readonly height: number
}

/**
 * Logits [side, side] at the size of the picture, [height, width]: resized to the square, what was filled up cut off, and
 * resized to the picture, both bilinearly without aligned corners, as Sam.postprocess_masks of the authors does.
 */
export function logitsAtPicture(
  logits: Float32Array,
  side: number,
  { square, inputWidth, inputHeight, width, height }: SamGeometry
): Float32Array<ArrayBuffer> {
  const whole = resizeBilinear({ data: logits, planes: 1, rows: side, columns: side }, square, square)
  const input = new Float32Array(inputWidth * inputHeight)
  for (let y = 0; y < inputHeight; y++) {
    input.set(whole.subarray(y * square, y * square + inputWidth), y * inputWidth)
  }
  if (width === inputWidth && height === inputHeight) return input
  return resizeBilinear({ data: input, planes: 1, rows: inputHeight, columns: inputWidth }, height, width)
}

/** Pixels whose logit is above 0 as 1, the others as 0. */
export function maskFromLogits(logits: Float32Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(logits, (logit) => (logit > 0 ? 1 : 0))
}

/**
 * Pixels of the mask that lie within `thickness` of one outside it, along rows or columns, as 1. The edge of the picture
 * is no outside: a mask that runs out of the picture has no line there.
 */
export function maskOutline(
  mask: Uint8Array,
  width: number,
  height: number,
  thickness: number
): Uint8Array<ArrayBuffer> {
  const outline = new Uint8Array(mask.length)
  // from every pixel outside, the pixels of the mask within reach are marked: most pixels have no border near
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const here = y * width + x
      if (mask[here] === 1) continue
      for (const [dx, dy] of SIDES) {
        for (let step = 1; step <= thickness; step++) {
          const [nx, ny] = [x + dx * step, y + dy * step]
          const there = ny * width + nx
          if (nx < 0 || ny < 0 || nx >= width || ny >= height || mask[there] === 0) break
          outline[there] = 1
        }
      }
    }
  }
  return outline
}
const SIDES = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1]
] as const

/**
 * Intersection over union of a mask and of the pixels that hold `label`; pixels whose label is `ignored` count for
 * neither. Undefined where both are empty.
 */
export function maskIou(
  mask: Uint8Array,
  labels: ArrayLike<number>,
  label: number,
  ignored?: number
): number | undefined {
  let both = 0
  let either = 0
  for (let i = 0; i < mask.length; i++) {
    const at = labels[i]
    if (at === ignored) continue
    const inMask = mask[i] === 1
    const inRegion = at === label
    if (inMask && inRegion) both++
    if (inMask || inRegion) either++
  }
  return either > 0 ? both / either : undefined
}
