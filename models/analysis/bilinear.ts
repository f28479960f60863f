/*
 * Bilinear resizing by size, corners not aligned: pixel i of n lies at (i + 0.5) · cells / n − 0.5 between the centres of
 * the cells, clamped at the border. PyTorch's interpolate(mode='bilinear', align_corners=False), ONNX's Resize with
 * half_pixel, no antialiasing.
 */

/** Where the pixels of one axis lie between the cells: the cell before each, and the share of the one behind it. */
export interface Taps {
  readonly near: Int32Array
  readonly far: Int32Array
  readonly share: Float64Array
  /** [first, end) of the pixels that lie between the same two cells, in order */
  readonly runs: readonly { readonly first: number; readonly end: number }[]
}

export function tapsOf(cells: number, pixels: number): Taps {
  const near = new Int32Array(pixels)
  const far = new Int32Array(pixels)
  const share = new Float64Array(pixels)
  const runs: { first: number; end: number }[] = []
  for (let i = 0; i < pixels; i++) {
    const at = Math.min(Math.max(((i + 0.5) * cells) / pixels - 0.5, 0), cells - 1)
    const cell = Math.floor(at)
    near[i] = cell
    far[i] = Math.min(cell + 1, cells - 1)
    share[i] = at - cell
    const run = runs.at(-1)
    if (run !== undefined && near[run.first] === cell) run.end = i + 1
    else runs.push({ first: i, end: i + 1 })
  }
  return { near, far, share, runs }
}

/** Which cells make up the pixels of one axis, after one resize or two. */
export interface Mix {
  /** the first of two or three neighbouring cells of each pixel */
  readonly first: Int32Array
  /** of `first`, of the cell behind it, and of the one behind that; 0 beyond the border */
  readonly shares: readonly [Float64Array, Float64Array, Float64Array]
  /** cells behind the first that have any share: 1 after one resize, 2 after two */
  readonly reach: 1 | 2
  /** [first, end) of the pixels with the same first cell, in order */
  readonly runs: readonly { readonly first: number; readonly end: number }[]
}

/** Cells resized to `pixels`, by way of `through` where that is another number; it may not be less than `cells`. */
export function mixOf(cells: number, through: number, pixels: number): Mix {
  if (through < cells) throw new RangeError(`${cells} cells cannot be mixed by way of ${through}`)
  const outer = tapsOf(through, pixels)
  const inner = tapsOf(cells, through)
  const first = new Int32Array(pixels)
  const shares = [new Float64Array(pixels), new Float64Array(pixels), new Float64Array(pixels)] as const
  const runs: { first: number; end: number }[] = []
  for (let i = 0; i < pixels; i++) {
    const start = inner.near[outer.near[i] ?? 0] ?? 0
    first[i] = start
    const share = outer.share[i] ?? 0
    for (const [pixel, weight] of [
      [outer.near[i] ?? 0, 1 - share],
      [outer.far[i] ?? 0, share]
    ] as const) {
      const innerShare = inner.share[pixel] ?? 0
      const near = shares[(inner.near[pixel] ?? 0) - start]
      const far = shares[(inner.far[pixel] ?? 0) - start]
      if (near) near[i] = (near[i] ?? 0) + weight * (1 - innerShare)
      if (far) far[i] = (far[i] ?? 0) + weight * innerShare
    }
    const run = runs.at(-1)
    if (run !== undefined && first[run.first] === start) run.end = i + 1
    else runs.push({ first: i, end: i + 1 })
  }
  const isOneResize = through === pixels || through === cells
  return { first, shares, reach: isOneResize ? 1 : 2, runs }
}

/** A stack of planes of one size: [planes, rows, columns], row-major. */
export interface Planes {
  readonly data: Float32Array
  readonly planes: number
  readonly rows: number
  readonly columns: number
}

/** The planes resized to rows × columns. */
export function resizeBilinear(source: Planes, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const { data } = source
  const down = tapsOf(source.rows, rows)
  const across = tapsOf(source.columns, columns)
  const result = new Float32Array(source.planes * rows * columns)
  let out = 0
  for (let plane = 0; plane < source.planes; plane++) {
    for (let y = 0; y < rows; y++) {
      const above = (plane * source.rows + (down.near[y] ?? 0)) * source.columns
      const below = (plane * source.rows + (down.far[y] ?? 0)) * source.columns
      const dy = down.share[y] ?? 0
      for (let x = 0; x < columns; x++) {
        const near = across.near[x] ?? 0
        const far = across.far[x] ?? 0
        const dx = across.share[x] ?? 0
        const top = (data[above + near] ?? 0) * (1 - dx) + (data[above + far] ?? 0) * dx
        const bottom = (data[below + near] ?? 0) * (1 - dx) + (data[below + far] ?? 0) * dx
        result[out++] = top * (1 - dy) + bottom * dy
      }
    }
  }
  return result
}

/**
 * Every plane's value at one place of the resized picture.
 * @param x, y continuous position in a picture of width × height; 0 is the outer edge of its first pixel
 */
export function sampleBilinear(source: Planes, x: number, y: number, width: number, height: number): Float64Array {
  const clamp = (at: number, cells: number): number => Math.min(Math.max(at, 0), cells - 1)
  const atX = clamp((x * source.columns) / width - 0.5, source.columns)
  const atY = clamp((y * source.rows) / height - 0.5, source.rows)
  const left = Math.floor(atX)
  const top = Math.floor(atY)
  const right = Math.min(left + 1, source.columns - 1)
  const bottom = Math.min(top + 1, source.rows - 1)
  const dx = atX - left
  const dy = atY - top
  const size = source.rows * source.columns
  return Float64Array.from({ length: source.planes }, (_, plane) => {
    const value = (row: number, column: number): number =>
      source.data[plane * size + row * source.columns + column] ?? 0
    const above = value(top, left) * (1 - dx) + value(top, right) * dx
    const below = value(bottom, left) * (1 - dx) + value(bottom, right) * dx
    return above * (1 - dy) + below * dy
  })
}
