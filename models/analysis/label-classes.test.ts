import { expect, it } from 'vitest'
import { labelTargets, relabelled } from './label-classes'

const OWN = ['road', 'sky', 'car']

it('follows names to where they stand', () => {
  expect(labelTargets(OWN, OWN)).toEqual([0, 1, 2])
  expect(labelTargets(OWN, ['car', 'road', 'sky'])).toEqual([1, 2, 0])
  expect(labelTargets(OWN, ['sky', 'car'])).toEqual([255, 0, 1])
})

it('takes a new name for the one whose place it took', () => {
  expect(labelTargets(OWN, ['road', 'sky', 'a red car'])).toEqual([0, 1, 2])
  expect(labelTargets(OWN, ['road', 'sky', 'car', 'bus'])).toEqual([0, 1, 2])
})

it('leaves ignored labels and those of no class alone', () => {
  const labels = Uint16Array.of(0, 1, 2, 255, 200)
  expect([...relabelled(labels, labelTargets(OWN, ['sky', 'car']))]).toEqual([255, 0, 1, 255, 200])
  expect(relabelled(labels, labelTargets(OWN, OWN))).toBe(labels)
})
