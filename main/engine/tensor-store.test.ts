import { afterEach, describe, expect, it, vi } from 'vitest'
import { float32Tensor } from '#models/tensor'
import { TensorStore, type StepValues } from './tensor-store'

const values = (count: number): StepValues => ({
  outputs: new Map([['x', float32Tensor([count])]]),
  provider: 'cpu',
  durationMs: 1
})

afterEach(() => vi.useRealTimers())

describe('tensor store', () => {
  it('drops what was unused for longest beyond its limit', () => {
    const store = new TensorStore(100)
    store.set('a', values(10))
    store.set('b', values(10))
    store.get('a')
    store.set('c', values(10))
    expect(store.get('b')).toBeUndefined()
    expect(store.get('a')).toBeDefined()
    expect(store.get('c')).toBeDefined()
    expect(store.bytes).toBe(80)
  })

  it('counts a replaced entry once, and refuses what is larger than all', () => {
    const store = new TensorStore(100)
    store.set('a', values(10))
    store.set('a', values(20))
    expect(store.bytes).toBe(80)
    store.set('b', values(26))
    expect(store.get('b')).toBeUndefined()
    expect(store.bytes).toBe(0)
  })

  it('drops a model with everything it gave', () => {
    const store = new TensorStore(100)
    store.set('model-1/a', values(1))
    store.set('model-2/a', values(2))
    store.drop('model-1')
    expect(store.get('model-1/a')).toBeUndefined()
    expect(store.bytes).toBe(8)
  })

  it('drops what was unused for half a minute where memory is scarce, and keeps what is in use', () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const store = new TensorStore(1000)
    for (const key of ['a', 'b', 'c']) store.set(key, values(10))
    store.limitUnused(80)
    expect(store.bytes).toBe(120)
    vi.advanceTimersByTime(31_000)
    store.get('a')
    store.limitUnused(40)
    expect(store.get('b')).toBeUndefined()
    expect(store.get('c')).toBeUndefined()
    expect(store.get('a')).toBeDefined()
    store.set('d', values(10))
    expect(store.bytes).toBe(80)
  })
})
