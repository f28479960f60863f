import { tapsOf } from './bilinear'

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

/** What makes up the pixels of one axis: three neighbouring cells, from `first` on, with a share each. */
interface Axis {
  readonly first: Int32Array
  readonly shares: readonly [Float64Array, Float64Array, Float64Array]
}

/** Cells resized to the square, of which the first `input` pixels are resized to `pixels`. */
function axisOf(cells: number, square: number, input: number, pixels: number): Axis {
  const outer = tapsOf(input, pixels)
  const inner = tapsOf(cells, square)
  const first = new Int32Array(pixels)
  const shares = [new Float64Array(pixels), new Float64Array(pixels), new Float64Array(pixels)] as const
  for (let i = 0; i < pixels; i++) {
    const start = inner.near[outer.near[i] ?? 0] ?? 0
    const share = outer.share[i] ?? 0
    first[i] = start
    for (const [pixel, weight] of [
      [outer.near[i] ?? 0, 1 - share],
      [outer.far[i] ?? 0, share]
    ] as const) {
      const behind = inner.share[pixel] ?? 0
      const near = shares[(inner.near[pixel] ?? 0) - start]
      const far = shares[(inner.far[pixel] ?? 0) - start]
      if (near) near[i] = (near[i] ?? 0) + weight * (1 - behind)
      if (far) far[i] = (far[i] ?? 0) + weight * behind
    }
  }
  return { first, shares }
}

/**
 * Logits [side, side] at the size of the picture, [height, width]: resized to the square, what was filled up cut off, and
 * resized to the picture, both bilinearly without aligned corners, as Sam.postprocess_masks of the authors does. Both
 * resizes of an axis are done as one, and the axes one after the other: a photograph takes tens of milliseconds.
 */
export function logitsAtPicture(
  logits: Float32Array,
  side: number,
  { square, inputWidth, inputHeight, width, height }: SamGeometry
): Float32Array<ArrayBuffer> {
  const across = axisOf(side, square, inputWidth, width)
  const down = axisOf(side, square, inputHeight, height)
  const wide = new Float32Array(side * width)
  const [a, b, c] = across.shares
  for (let row = 0; row < side; row++) {
    for (let x = 0; x < width; x++) {
      const cell = row * side + (across.first[x] ?? 0)
      // beyond the last cell of a row the share is 0
      wide[row * width + x] =
        (a[x] ?? 0) * (logits[cell] ?? 0) +
        (b[x] ?? 0) * (logits[cell + 1] ?? 0) +
        (c[x] ?? 0) * (logits[cell + 2] ?? 0)
    }
  }
  const result = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    const [p = 0, q = 0, r = 0] = down.shares.map((share) => share[y] ?? 0)
    const start = (down.first[y] ?? 0) * width
    for (let x = 0; x < width; x++) {
      const at = start + x
      result[y * width + x] = p * (wide[at] ?? 0) + q * (wide[at + width] ?? 0) + r * (wide[at + 2 * width] ?? 0)
    }
  }
  return result
}

/** Pixels whose logit is above 0 as 1, the others as 0. */
export function maskFromLogits(logits: Float32Array): Uint8Array<ArrayBuffer> {
  const mask = new Uint8Array(logits.length)
  for (let i = 0; i < mask.length; i++) if ((logits[i] ?? 0) > 0) mask[i] = 1
  return mask
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
  /** Between two neighbours that differ, marks pixels of the mask from the border on: `inward` away from it. */
  const mark = (from: number, inward: number, most: number): void => {
    for (let step = 0, at = from; step < Math.min(thickness, most) && mask[at] === 1; step++, at += inward) {
      outline[at] = 1
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const here = y * width + x
      const inside = mask[here] === 1
      if (x > 0 && inside !== (mask[here - 1] === 1)) {
        if (inside) mark(here, 1, width - x)
        else mark(here - 1, -1, x)
      }
      if (y > 0 && inside !== (mask[here - width] === 1)) {
        if (inside) mark(here, width, height - y)
        else mark(here - width, -width, y)
      }
    }
  }
  return outline
}

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
