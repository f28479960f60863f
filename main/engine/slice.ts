import { StudioError } from '#models/errors'
import { elementCount, type Tensor } from '#models/tensor'

/**
 * A part of a tensor, as a copy. One entry an axis: an index fixes the axis and drops it, null keeps it whole.
 * Throws a StudioError `invalid` where the entries do not fit the shape.
 */
export function sliceOf(tensor: Tensor, index: readonly (number | null)[]): Tensor {
  const { shape } = tensor
  const fits = (at: number | null, size: number): boolean =>
    at === null || (Number.isInteger(at) && at >= 0 && at < size)
  if (index.length !== shape.length || !shape.every((size, axis) => fits(index[axis] ?? null, size))) {
    const wanted = index.map((at) => at ?? 'all').join(', ')
    throw new StudioError('invalid', `The slice [${wanted}] does not fit a tensor of shape [${shape.join(', ')}].`)
  }
  // axes that are fixed before the first kept one only move the start: what follows is copied run by run
  const kept = shape.filter((_, axis) => index[axis] === null)
  const lastFixed = index.findLastIndex((at) => at !== null)
  const run = elementCount(shape.slice(lastFixed + 1))
  const outer = shape.slice(0, lastFixed + 1)
  const starts = startsOf(outer, index).map((start) => start * run)
  return withData(tensor, kept, starts, run)
}

/** Places of all positions over the outer axes that the index allows, row-major. */
function startsOf(outer: readonly number[], index: readonly (number | null)[]): number[] {
  let starts = [0]
  for (const [axis, size] of outer.entries()) {
    const at = index[axis] ?? null
    const positions = at === null ? Array.from({ length: size }, (_, i) => i) : [at]
    starts = starts.flatMap((start) => positions.map((position) => start * size + position))
  }
  return starts
}

function withData(tensor: Tensor, shape: readonly number[], starts: readonly number[], run: number): Tensor {
  const width = tensor.data.BYTES_PER_ELEMENT
  const from = new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength)
  const bytes = new Uint8Array(starts.length * run * width)
  starts.forEach((start, i) => bytes.set(from.subarray(start * width, (start + run) * width), i * run * width))
  const TypedArray = tensor.data.constructor as new (buffer: ArrayBuffer) => Tensor['data']
  return { dtype: tensor.dtype, shape, data: new TypedArray(bytes.buffer) } as Tensor
}

/** The same tensor with values of its own. */
export function copyOf(tensor: Tensor): Tensor {
  return { ...tensor, data: tensor.data.slice() } as Tensor
}
