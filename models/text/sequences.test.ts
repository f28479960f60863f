import { describe, expect, it } from 'vitest'
import { sequenceOf } from './sequences'
import { END_TOKEN as END, START_TOKEN as START } from './tokenizer'

/** Two tokens of a name, a full stop. */
const IDS = [START, 10, 11, 269, END]

describe('sequences', () => {
  it('is the text itself without contexts', () => {
    expect(sequenceOf(IDS)).toEqual(IDS)
  })

  it('puts the name behind, among and before contexts, and what follows it at the end', () => {
    const contexts = { first: 0, count: 3, nameTokens: 2 }
    expect(sequenceOf(IDS, { ...contexts, position: 'end' })).toEqual([START, -1, -2, -3, 10, 11, 269, END])
    // an odd number: the smaller half comes first
    expect(sequenceOf(IDS, { ...contexts, position: 'middle' })).toEqual([START, -1, 10, 11, -2, -3, 269, END])
    expect(sequenceOf(IDS, { ...contexts, position: 'front' })).toEqual([START, 10, 11, -1, -2, -3, 269, END])
  })

  it('takes the contexts of its own class', () => {
    const own = { first: 6, count: 2, position: 'end', nameTokens: 2 } as const
    expect(sequenceOf(IDS, own)).toEqual([START, -7, -8, 10, 11, 269, END])
  })

  it('stops at the first end token, where the authors’ argmax finds it', () => {
    const shared = { first: 0, count: 1, position: 'end', nameTokens: 3 } as const
    expect(sequenceOf([START, 10, END, 11, END], shared)).toEqual([START, -1, 10, END])
    expect(sequenceOf([START, 10, END, 11, END])).toEqual([START, 10, END])
    expect(sequenceOf([START, 10, END, 11, END], { ...shared, position: 'front' })).toEqual([START, 10, -1, END])
  })
})
