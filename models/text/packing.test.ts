import { describe, expect, it } from 'vitest'
import type { Tensor } from '../tensor'
import { MASKED, packSequences, tokenIdsTensor } from './packing'
import { sequenceOf } from './sequences'

const START = 49406
const END = 49407
const NAMES = [
  [START, 10, END],
  [START, 20, 21, END]
]

describe('packing', () => {
  it('shares what sequences begin with, and lets nothing see another name', () => {
    const contexts = { first: 0, count: 2, position: 'end', nameTokens: 2 } as const
    const packed = packSequences(NAMES.map((ids) => sequenceOf(ids, contexts)))
    expect([...packed.tokens]).toEqual([START, -1, -2, 10, END, 20, 21, END])
    expect([...packed.positions.data].map(Number)).toEqual([0, 1, 2, 3, 4, 3, 4, 5])
    expect([...packed.endRows.data].map(Number)).toEqual([4, 7])
    expect(packed.mask.shape).toEqual([8, 8])
    expect(seenBy(packed.mask)).toEqual([
      '1.......',
      '11......',
      '111.....',
      '1111....',
      '11111...',
      '111..1..',
      '111..11.',
      '111..111'
    ])
    expect(new Set(packed.mask.data)).toEqual(new Set([0, MASKED]))
  })

  it('branches where names part, wherever that is', () => {
    const packed = packSequences([
      [START, 10, 11, END],
      [START, 20, END],
      [START, 10, 12, END]
    ])
    expect([...packed.tokens]).toEqual([START, 10, 11, END, 20, END, 12, END])
    expect([...packed.positions.data].map(Number)).toEqual([0, 1, 2, 3, 1, 2, 2, 3])
    expect([...packed.endRows.data].map(Number)).toEqual([3, 5, 7])
    expect(seenBy(packed.mask).slice(4)).toEqual(['1...1...', '1...11..', '11....1.', '11....11'])
  })

  it('gives two equal names one row', () => {
    const packed = packSequences([
      [START, 10, END],
      [START, 10, END]
    ])
    expect([...packed.tokens]).toEqual([START, 10, END])
    expect([...packed.endRows.data]).toEqual([2n, 2n])
  })

  it('fills token_ids with zeros behind the end', () => {
    expect(tokenIdsTensor(NAMES, 5)).toEqual({
      dtype: 'int32',
      shape: [2, 5],
      data: Int32Array.from([START, 10, END, 0, 0, START, 20, 21, END, 0])
    })
  })
})

/** For each row what it may look at, as '1' and '.'. */
function seenBy({ data, shape: [rows = 0] }: Tensor<'float32'>): string[] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from(data.subarray(row * rows, (row + 1) * rows), (value) => (value === 0 ? '1' : '.')).join('')
  )
}
