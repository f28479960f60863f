import { describe, expect, it } from 'vitest'
import { float32Tensor, type Tensor } from '../tensor'
import type { StateDict, StoredTensor } from './checkpoint'
import { compareWeights, largestFirst } from './comparison'

function stored(name: string, tensor: Tensor): StoredTensor {
  return { name, dtype: tensor.dtype, shape: tensor.shape, read: async () => tensor, readRows: async () => tensor }
}

const of = (...values: number[]): Tensor => float32Tensor([values.length], Float32Array.from(values))

function dict(tensors: Readonly<Record<string, Tensor>>): StateDict {
  return new Map(Object.entries(tensors).map(([name, tensor]) => [name, stored(name, tensor)]))
}

describe('compareWeights', () => {
  const halves: Tensor = { dtype: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0x4000) }
  const first = dict({
    same: of(1, NaN, Infinity),
    near: of(3, 4),
    half: halves,
    turned: float32Tensor([2, 1], Float32Array.of(1, 2)),
    gone: of(1),
    zero: of(0, 0),
    lost: of(1, 2),
    empty: of()
  })
  const second = dict({
    near: of(3, 4.5),
    same: of(1, NaN, Infinity),
    half: of(1, 2),
    turned: float32Tensor([1, 2], Float32Array.of(1, 2)),
    zero: of(0, 1),
    lost: of(1, NaN),
    empty: of(),
    added: of(1)
  })

  it('has a row for every key of either', async () => {
    const shares: number[] = []
    const rows = await compareWeights(first, second, async (share) => {
      shares.push(share)
    })
    expect(rows.map(({ name, status, difference }) => [name, status, difference])).toEqual([
      ['same', 'same', { relativeL2: 0, maxAbs: 0, notFinite: 0 }],
      ['near', 'differs', { relativeL2: 0.1, maxAbs: 0.5, notFinite: 0 }],
      ['half', 'dtype', { relativeL2: 0, maxAbs: 0, notFinite: 0 }],
      ['turned', 'shape', undefined],
      ['gone', 'only-first', undefined],
      ['zero', 'differs', { relativeL2: undefined, maxAbs: 1, notFinite: 0 }],
      ['lost', 'differs', { relativeL2: 0, maxAbs: 0, notFinite: 1 }],
      ['empty', 'same', { relativeL2: 0, maxAbs: 0, notFinite: 0 }],
      ['added', 'only-second', undefined]
    ])
    expect(rows[2]?.first).toEqual({ name: 'half', dtype: 'float16', shape: [2] })
    expect(shares.at(-1)).toBe(1)
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
    expect(largestFirst(rows).map(({ name }) => name)).toEqual([
      'turned',
      'gone',
      'zero',
      'lost',
      'added',
      'near',
      'same',
      'half',
      'empty'
    ])
  })

  it('ends when it is told to', async () => {
    const ended = compareWeights(first, second, () => Promise.reject(new RangeError('enough')))
    await expect(ended).rejects.toThrow('enough')
  })
})
