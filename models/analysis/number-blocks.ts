import { toFloat32, type Tensor } from '../tensor'

/** Values: few enough to stay in a processor's cache, and to cost nothing beside the tensor. */
const BLOCK = 65536

/**
 * The values of a tensor as numbers, in order, a block at a time: a large tensor is not held in a second form. A block
 * is valid until the next is asked for.
 */
export function* numberBlocks(tensor: Tensor): Generator<ArrayLike<number>> {
  const { length } = tensor.data
  for (let start = 0; start < length; start += BLOCK) {
    yield numbers(tensor, start, Math.min(start + BLOCK, length))
  }
}

function numbers(tensor: Tensor, start: number, end: number): ArrayLike<number> {
  switch (tensor.dtype) {
    case 'int64':
      return Float64Array.from(tensor.data.subarray(start, end), Number)
    case 'float16':
    case 'bfloat16':
      return toFloat32({ dtype: tensor.dtype, shape: [end - start], data: tensor.data.subarray(start, end) }).data
    default:
      return tensor.data.subarray(start, end)
  }
}
