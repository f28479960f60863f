import { describe, expect, it } from 'vitest'
import { editClasses, nameFault, trainedOrder } from './class-edits'

const classes = ['a', 'b', 'c']

describe('editing classes', () => {
  it('keeps the chosen class chosen', () => {
    expect(editClasses(classes, 'b', { kind: 'rename', index: 1, name: 'x' })).toEqual({
      classes: ['a', 'x', 'c'],
      chosen: 'x'
    })
    expect(editClasses(classes, 'b', { kind: 'move', from: 1, to: 0 })).toEqual({
      classes: ['b', 'a', 'c'],
      chosen: 'b'
    })
    expect(editClasses(classes, 'b', { kind: 'remove', index: 0 }).chosen).toBe('b')
  })

  it('chooses what was added, and the successor of what was removed', () => {
    expect(editClasses(classes, 'a', { kind: 'add', name: 'd' }).chosen).toBe('d')
    expect(editClasses(classes, 'b', { kind: 'remove', index: 1 }).chosen).toBe('c')
    expect(editClasses(classes, 'c', { kind: 'remove', index: 2 }).chosen).toBe('b')
    expect(editClasses(['a'], 'a', { kind: 'remove', index: 0 }).chosen).toBeUndefined()
  })

  it('gives a decoder the places it was trained on', () => {
    expect(trainedOrder(classes, ['c', 'a', 'b'])).toEqual(classes)
    expect(trainedOrder(classes, ['c', 'x', 'a'])).toEqual(['a', 'x', 'c'])
    expect(trainedOrder(classes, ['y', 'c', 'x'])).toEqual(['y', 'x', 'c'])
    expect(trainedOrder(classes, ['c', 'b'])).toEqual(['c', 'b'])
    expect(trainedOrder([], ['c', 'b'])).toEqual(['c', 'b'])
  })

  it('refuses an empty name and one that is there', () => {
    expect(nameFault(classes, '  ', undefined)).toBe('empty')
    expect(nameFault(classes, 'b', undefined)).toBe('twice')
    expect(nameFault(classes, 'b', 1)).toBeUndefined()
    expect(nameFault(classes, 'bus', undefined)).toBeUndefined()
  })
})
