import { describe, expect, it } from 'vitest'
import type { ModelInfo } from '#models/api'
import { listOf, namesIn, namesNeeded, numberedClasses, repeatedName, takesAnyList } from './class-lists'
import { FAKE_CLASSES, fakeModel } from './fake-engine'

const TEXT = { name: 'text_embedding', kind: 'text-embedding', axes: [], unit: 'feature', meaning: 't' } as const
const model = (change: Partial<ModelInfo>): ModelInfo => ({ ...fakeModel('/m.pth', 1), tensors: [TEXT], ...change })

const clip = model({ classes: [] })
/** MaskCLIP's own files: four text embeddings, no names */
const stored = model({
  classes: [],
  nameTokens: undefined,
  classBound: { classes: 4, tensors: ['text_embedding', 'score_map'] }
})
/** contexts for each of three classes */
const specific = model({ classes: [], classBound: { classes: 3, tensors: ['text_embedding', 'score_map'] } })
const trunk = model({ classes: [], nameTokens: undefined, tensors: [] })

describe('the list of classes of a model', () => {
  it('is the one chosen for it, or its checkpoint’s', () => {
    expect(listOf({ classes: ['a'] }, model({}))).toEqual(['a'])
    expect(listOf({ classes: undefined }, model({}))).toEqual(FAKE_CLASSES)
    expect(listOf({ classes: undefined }, clip)).toBeUndefined()
    // nothing is known of it yet
    expect(listOf({ classes: ['a'] }, undefined)).toEqual(['a'])
  })

  it('counts as many names as there are stored embeddings, or contexts for each class', () => {
    expect([clip, stored, specific, model({})].map(namesNeeded)).toEqual([undefined, 4, 3, undefined])
    expect(listOf({ classes: ['a', 'b'] }, stored)).toBeUndefined()
    expect(listOf({ classes: ['a', 'b', 'c', 'd'] }, stored)).toEqual(['a', 'b', 'c', 'd'])
    expect(numberedClasses(stored)).toEqual(['class 1', 'class 2', 'class 3', 'class 4'])
    // a number is no word that an encoder could take
    expect(numberedClasses(specific)).toBeUndefined()
  })

  it('is another model’s where any words are taken', () => {
    expect([clip, stored, specific, trunk].map(takesAnyList)).toEqual([true, false, false, false])
  })
})

describe('names in a text', () => {
  it('stand one a line, or behind commas', () => {
    expect(namesIn('road, sky ,traffic light')).toEqual(['road', 'sky', 'traffic light'])
    expect(namesIn('  road\r\nbed \n\nfloor, wood\n')).toEqual(['road', 'bed ', 'floor, wood'])
    expect(namesIn(' , \n')).toEqual([])
  })

  it('are told where one comes twice', () => {
    expect(repeatedName(['a', 'b', 'a'])).toBe('a')
    expect(repeatedName(['a', 'b'])).toBeUndefined()
  })
})
