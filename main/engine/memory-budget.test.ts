import { describe, expect, it } from 'vitest'
import type { ModelId } from '#models/api'
import { float32Tensor } from '#models/tensor'
import { MemoryBudget, type BudgetedSessions } from './memory-budget'
import type { SessionMemory } from './stage-sessions'
import { TensorStore } from './tensor-store'

const GIB = 2 ** 30

/** Sessions of a model by stage, without a runtime. */
class FakeSessions implements BudgetedSessions {
  readonly #bytes = new Map<string, number>()
  running = ''
  gaveUpWorkspaces = 0

  constructor(private readonly memory: SessionMemory) {}

  get loaded(): { stage: string; bytes: number; isRunning: boolean }[] {
    return Array.from(this.#bytes, ([stage, bytes]) => ({ stage, bytes, isRunning: stage === this.running }))
  }

  get stages(): string[] {
    return [...this.#bytes.keys()]
  }

  async load(stage: string, bytes: number): Promise<void> {
    await this.memory.makeRoom(bytes)
    this.#bytes.set(stage, bytes)
  }

  async releaseStage(stage: string): Promise<void> {
    this.#bytes.delete(stage)
  }

  async releaseWorkspaces(): Promise<void> {
    this.gaveUpWorkspaces++
  }
}

const idOf = (name: string): ModelId => name as ModelId

async function added(budget: MemoryBudget, name: string, fileBytes: number): Promise<FakeSessions> {
  const sessions = new FakeSessions(budget.memoryOf(idOf(name), 'text_encoder'))
  await budget.add(idOf(name), {
    fileBytes,
    sessions,
    rare: new Set(['text_encoder'])
  })
  return sessions
}

describe('memory of several models', () => {
  it('is left to a model that is alone', async () => {
    const budget = new MemoryBudget(new TensorStore(GIB))
    const alone = await added(budget, 'a', GIB)
    await alone.load('text_encoder', GIB)
    await alone.load('image_encoder', GIB)
    expect(alone.stages).toEqual(['text_encoder', 'image_encoder'])
    expect(budget.memoryOf(idOf('a'), 'text_encoder').keepsWorkspace('image_encoder')).toBe(true)
  })

  it('goes to what pictures run through, before what ran for words and is kept', async () => {
    const budget = new MemoryBudget(new TensorStore(GIB))
    const first = await added(budget, 'a', GIB)
    const second = await added(budget, 'b', GIB)
    for (const sessions of [first, second]) {
      await sessions.load('image_encoder', 0.8 * GIB)
      await sessions.load('text_encoder', 0.3 * GIB)
    }
    // 2.2 of 2.3 GiB, less what tensors may take
    expect([first.stages, second.stages]).toEqual([
      ['image_encoder', 'text_encoder'],
      ['image_encoder', 'text_encoder']
    ])
    await second.load('decode_head', 0.3 * GIB)
    expect(first.stages).toEqual(['image_encoder'])
    await second.load('upsample', 0.9 * GIB)
    expect(first.stages).toEqual([])
    expect(second.stages).toEqual(['image_encoder', 'text_encoder', 'decode_head', 'upsample'])
  })

  it('is taken from the model unused for longest first, and from nothing that runs', async () => {
    const budget = new MemoryBudget(new TensorStore(GIB))
    const [first, second, third] = [
      await added(budget, 'a', GIB),
      await added(budget, 'b', GIB),
      await added(budget, 'c', GIB)
    ]
    await first.load('image_encoder', GIB)
    await second.load('image_encoder', GIB)
    budget.use(idOf('a'))
    await third.load('image_encoder', 2 * GIB)
    expect([first.stages, second.stages]).toEqual([['image_encoder'], []])
    first.running = 'image_encoder'
    await third.load('decode_head', GIB)
    expect(first.stages).toEqual(['image_encoder'])
  })

  it('is no longer kept between runs over pictures when a second model is opened', async () => {
    const budget = new MemoryBudget(new TensorStore(GIB))
    const first = await added(budget, 'a', GIB)
    await added(budget, 'b', GIB)
    expect(first.gaveUpWorkspaces).toBeGreaterThan(1)
    const memory = budget.memoryOf(idOf('a'), 'text_encoder')
    expect([memory.keepsWorkspace('image_encoder'), memory.keepsWorkspace('text_encoder')]).toEqual([false, true])
    budget.remove(idOf('b'))
    expect(memory.keepsWorkspace('image_encoder')).toBe(true)
  })

  it('counts tensors that are kept for views', async () => {
    const store = new TensorStore(GIB)
    const budget = new MemoryBudget(store)
    const first = await added(budget, 'a', GIB / 4)
    const second = await added(budget, 'b', GIB / 4)
    store.set('a/x', { outputs: new Map([['x', float32Tensor([GIB / 16])]]), provider: 'cpu', durationMs: 1 })
    await first.load('image_encoder', 0.2 * GIB)
    await second.load('image_encoder', 0.2 * GIB)
    expect(first.stages).toEqual([])
  })
})
