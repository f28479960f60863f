import { describe, expect, it } from 'vitest'
import { Turns } from './turns'

/** Work that ends when it is told to, and notes when it begins. */
function worker(begun: string[], name: string) {
  let end = (): void => undefined
  const ended = new Promise<void>((resolve) => (end = resolve))
  return {
    end: () => end(),
    work: async (): Promise<string> => {
      begun.push(name)
      await ended
      return name
    }
  }
}

const never = new AbortController().signal
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

describe('turns', () => {
  it('go to the lowest rank that waits, in order among equals', async () => {
    const turns = new Turns()
    const begun: string[] = []
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => worker(begun, name))
    if (!a || !b || !c || !d) throw new Error('four workers')
    const all = [
      turns.take(0, never, a.work),
      turns.take(10, never, b.work),
      turns.take(1, never, c.work),
      turns.take(1, never, d.work)
    ]
    await settle()
    expect(begun).toEqual(['a'])
    for (const { end } of [a, b, c, d]) end()
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd'])
    expect(begun).toEqual(['a', 'c', 'd', 'b'])
  })

  it('pass on what failed or was aborted, even where it has not noticed', async () => {
    const turns = new Turns()
    const begun: string[] = []
    const controller = new AbortController()
    const stuck = turns.take(0, controller.signal, worker(begun, 'stuck').work)
    const waiting = turns.take(0, controller.signal, worker(begun, 'waiting').work)
    const failing = turns.take(1, never, () => Promise.reject(new Error('no')))
    const last = turns.take(2, never, async () => 'last')
    await settle()
    expect(begun).toEqual(['stuck'])
    controller.abort(new Error('enough'))
    const ended = await Promise.allSettled([stuck, waiting, failing, last])
    expect(ended.map((end) => (end.status === 'fulfilled' ? end.value : String(end.reason)))).toEqual([
      'Error: enough',
      'Error: enough',
      'Error: no',
      'last'
    ])
    expect(begun).toEqual(['stuck'])
  })

  it('are not begun by what was aborted as its turn came', async () => {
    const turns = new Turns()
    const begun: string[] = []
    const controller = new AbortController()
    const first = worker(begun, 'first')
    const before = turns.take(0, never, first.work)
    const ended = turns.take(0, controller.signal, worker(begun, 'ended').work)
    // the turn passes on in the same breath
    first.end()
    await before
    controller.abort(new Error('enough'))
    await expect(ended).rejects.toThrow('enough')
    expect(begun[0]).toBe('first')
    expect(await turns.take(0, never, async () => 'next')).toBe('next')
  })
})
