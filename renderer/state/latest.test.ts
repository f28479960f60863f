import { describe, expect, it } from 'vitest'
import { Latest } from './latest'

describe('Latest', () => {
  it('drops the older request of a key and aborts it', async () => {
    const latest = new Latest()
    let older: AbortSignal | undefined
    const first = latest.run('a', (signal) => {
      older = signal
      return new Promise((resolve) => setTimeout(resolve, 5, 'first'))
    })
    const second = latest.run('a', async () => 'second')
    const other = latest.run('b', async () => 'other')
    expect(older?.aborted).toBe(true)
    expect(await Promise.all([first, second, other])).toEqual([undefined, 'second', 'other'])
  })

  it('keeps the failure of the newest, not that of a replaced one', async () => {
    const latest = new Latest()
    const first = latest.run('a', (signal) =>
      new Promise((resolve) => setTimeout(resolve, 5)).then(() => signal.throwIfAborted())
    )
    const second = latest.run('a', () => Promise.reject(new Error('no')))
    await expect(second).rejects.toThrow('no')
    expect(await first).toBeUndefined()
  })
})
