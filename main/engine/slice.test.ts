import { describe, expect, it } from 'vitest'
import { float32Tensor, type Tensor } from '#models/tensor'
import { copyOf, sliceOf } from './slice'

/** [2, 3, 4], each value its own place. */
const tensor: Tensor = { dtype: 'int32', shape: [2, 3, 4], data: Int32Array.from({ length: 24 }, (_, i) => i) }

describe('slice', () => {
  it.each([
    [
      [1, null, null],
      [3, 4],
      [12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]
    ],
    [
      [null, 1, null],
      [2, 4],
      [4, 5, 6, 7, 16, 17, 18, 19]
    ],
    [
      [null, null, 2],
      [2, 3],
      [2, 6, 10, 14, 18, 22]
    ],
    [[1, null, 0], [3], [12, 16, 20]],
    [[0, 2, 3], [], [11]],
    [[null, null, null], [2, 3, 4], Array.from({ length: 24 }, (_, i) => i)]
  ])('%j', (index, shape, values) => {
    const part = sliceOf(tensor, index)
    expect(part.shape).toEqual(shape)
    expect(part.dtype).toBe('int32')
    expect(Array.from(part.data, Number)).toEqual(values)
    expect(part.data.byteLength).toBe(part.data.buffer.byteLength)
  })

  it.each([[[0, 0]], [[2, null, null]], [[-1, null, null]], [[0.5, null, null]]])('refuses %j', (index) => {
    expect(() => sliceOf(tensor, index)).toThrow(/does not fit a tensor of shape \[2, 3, 4\]/)
  })

  it('copies', () => {
    const original = float32Tensor([2], Float32Array.of(1, 2))
    const copy = copyOf(original)
    copy.data[0] = 9
    expect(original.data[0]).toBe(1)
    expect(copy).toMatchObject({ dtype: 'float32', shape: [2] })
  })
})
