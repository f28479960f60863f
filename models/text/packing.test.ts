import { describe, expect, it } from 'vitest'
import { MASKED, packSequences, tokenIdsTensor } from './packing'

const START = 49406
const END = 49407
const NAMES = [
  [START, 10, END],
  [START, 20, 21, END]
]

describe('packing', () => {
  it('shares start and contexts, and lets nothing see another name', () => {
    const packed = packSequences(NAMES, 2)
    expect([...packed.tokens]).toEqual([START, -1, -2, 10, END, 20, 21, END])
    expect([...packed.positions.data].map(Number)).toEqual([0, 1, 2, 3, 4, 3, 4, 5])
    expect([...packed.endRows.data].map(Number)).toEqual([4, 7])
    expect(packed.mask.shape).toEqual([8, 8])
    const seen = Array.from({ length: 8 }, (_, row) =>
      Array.from(packed.mask.data.subarray(row * 8, row * 8 + 8), (value) => (value === 0 ? '1' : '.')).join('')
    )
    expect(seen).toEqual([
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

  it('needs no contexts', () => {
    const packed = packSequences(NAMES, 0)
    expect([...packed.tokens]).toEqual([START, 10, END, 20, 21, END])
    expect([...packed.positions.data].map(Number)).toEqual([0, 1, 2, 1, 2, 3])
  })

  it('stops at the first end token, where the authors’ argmax finds it', () => {
    const packed = packSequences([[START, 10, END, 11, END]], 1)
    expect([...packed.tokens]).toEqual([START, -1, 10, END])
    expect([...packed.endRows.data]).toEqual([3n])
  })

  it('fills token_ids with zeros behind the end', () => {
    expect(tokenIdsTensor(NAMES, 5)).toEqual({
      dtype: 'int32',
      shape: [2, 5],
      data: Int32Array.from([START, 10, END, 0, 0, START, 20, 21, END, 0])
    })
  })
})
