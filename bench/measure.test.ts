import { expect, test } from 'vitest'
import { median, pairedRatio } from './measure'

test('the median is the middle value, or between the two middle ones', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  expect(median([])).toBeNaN()
})

test('a slow moment that hits both sides of a round does not move the ratio', () => {
  expect(pairedRatio({ ours: [10, 11, 90], theirs: [20, 22, 180] })).toBe(0.5)
})
