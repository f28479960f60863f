import { describe, expect, it } from 'vitest'
import type { Progress } from '#models/api'
import { Durations, progressMeter } from './progress'

const PLAN = ['image', 'score', 'head'].map((step) => ({ step, kind: `model ${step}` }))

function shares(durations: Durations): Progress[] {
  const seen: Progress[] = []
  const meter = progressMeter(PLAN, durations, (progress) => seen.push(progress))
  PLAN.forEach((_, i) => meter.begin(i))
  return seen
}

describe('progress', () => {
  it('takes all steps as equal and promises no time before anything ran', () => {
    expect(shares(new Durations())).toEqual([
      { step: 'image', share: 0, remainingMs: undefined },
      { step: 'score', share: expect.closeTo(1 / 3), remainingMs: undefined },
      { step: 'head', share: expect.closeTo(2 / 3), remainingMs: undefined }
    ])
  })

  it('weighs steps by how long they took', () => {
    const durations = new Durations()
    durations.record('model image', 600)
    durations.record('model score', 100)
    durations.record('model head', 300)
    expect(shares(durations)).toEqual([
      { step: 'image', share: 0, remainingMs: 1000 },
      { step: 'score', share: expect.closeTo(0.6), remainingMs: 400 },
      { step: 'head', share: expect.closeTo(0.7), remainingMs: 300 }
    ])
  })

  it('says the time left as soon as all that is left is known', () => {
    const durations = new Durations()
    durations.record('model head', 300)
    expect(shares(durations).map(({ remainingMs }) => remainingMs)).toEqual([undefined, undefined, 300])
  })
})
