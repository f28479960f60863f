import { availableParallelism } from 'node:os'
import { expect, it } from 'vitest'
import { coresOf, physicalCores } from './threads'

const thread = (socket: number, core: number): string => `processor : 0\nphysical id\t: ${socket}\ncore id\t\t: ${core}`

it('counts two threads of a core once, and cores of two sockets apart', () => {
  expect(coresOf([thread(0, 0), thread(0, 1), thread(0, 0), thread(0, 1), thread(1, 0)].join('\n\n'))).toBe(3)
  expect(coresOf('processor : 0\nBogoMIPS : 50')).toBe(0)
})

it('is at least one and at most what may be used', () => {
  expect(physicalCores()).toBeGreaterThanOrEqual(1)
  expect(physicalCores()).toBeLessThanOrEqual(availableParallelism())
})
