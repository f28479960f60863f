import type { ProviderName, ProviderStatus } from '#models/api'
import { StudioError } from '#models/errors'
import { encodeModel } from '#models/graph/encode'
import type { Graph } from '#models/graph/graph'
import { float32Tensor } from '#models/tensor'
import { likelyAdapter, readAdapterFacts, type AdapterFacts } from './adapter'
import { builtInProviders, openSession } from './sessions'

/** Fastest first, where it is there at all. */
const ORDER = ['cuda', 'webgpu', 'dml', 'coreml', 'cpu'] as const satisfies readonly ProviderName[]

/** The smallest graph there is: a provider that can run it is there. */
const PROBE: Graph = {
  name: 'probe',
  inputs: [{ name: 'a', dtype: 'float32', shape: [1] }],
  outputs: [{ name: 'b', dtype: 'float32', shape: [1] }],
  nodes: [{ op: 'Add', domain: '', name: 'add', inputs: ['a', 'a'], outputs: ['b'], attributes: {} }],
  weights: [],
  constants: []
}

/** Opens a probe on a provider and runs it; throws where that fails. */
export type ProviderTrial = (provider: ProviderName) => Promise<void>

async function tryProvider(provider: ProviderName): Promise<void> {
  const session = await openSession(encodeModel(PROBE, new Map()), { provider, threads: 1, keepsWorkspace: false })
  try {
    const results = await session.run(new Map([['a', float32Tensor([1], Float32Array.of(21))]]), ['b'])
    if (results.get('b')?.data[0] !== 42) throw new Error('it computes wrong numbers')
  } finally {
    await session.release()
  }
}

interface ProvidersOptions {
  readonly builtIn?: readonly ProviderName[]
  readonly facts?: AdapterFacts
  readonly trial?: ProviderTrial
}

/** Which execution providers can run graphs here, tried one at a time, each with the reason why not. */
export class Providers {
  readonly #builtIn: readonly ProviderName[]
  readonly #facts: AdapterFacts
  readonly #trial: ProviderTrial
  readonly #reasons = new Map<ProviderName, string>()
  #chosen: Promise<ProviderName> | undefined

  constructor({ builtIn, facts, trial }: ProvidersOptions = {}) {
    this.#builtIn = builtIn ?? builtInProviders()
    this.#facts = facts ?? readAdapterFacts()
    this.#trial = trial ?? tryProvider
  }

  /** The one that runs from now on; the first call tries them. */
  current(): Promise<ProviderName> {
    this.#chosen ??= this.#automatic()
    return this.#chosen
  }

  /** Throws a StudioError `unavailable` where it cannot be used; what ran before then stays in use. */
  async choose(provider: ProviderName | 'auto'): Promise<void> {
    if (provider === 'auto') {
      const chosen = await this.#automatic()
      this.#chosen = Promise.resolve(chosen)
      return
    }
    const reason = await this.#try(provider)
    if (reason !== '') {
      throw new StudioError('unavailable', `The provider ${provider} cannot be used here: ${reason}.`)
    }
    this.#chosen = Promise.resolve(provider)
  }

  /** Notes why a provider that was chosen could not run a stage, which then ran on the processor. */
  report(provider: ProviderName, reason: string): void {
    this.#reasons.set(provider, reason)
  }

  status(): ProviderStatus[] {
    return ORDER.filter((name) => this.#reasons.has(name)).map((name) => {
      const reason = this.#reasons.get(name) ?? ''
      return { name, available: reason === '', reason }
    })
  }

  async #automatic(): Promise<ProviderName> {
    for (const provider of ORDER) {
      if (provider === 'webgpu' && this.#builtIn.includes(provider)) {
        const { likely, reason } = likelyAdapter(this.#facts)
        if (!likely) {
          this.#reasons.set(provider, reason)
          continue
        }
      }
      if ((await this.#try(provider)) === '') return provider
    }
    throw new StudioError('engine', 'ONNX Runtime runs on no provider here, not even the processor: install again.')
  }

  /** The reason why not, '' where it runs. */
  async #try(provider: ProviderName): Promise<string> {
    let reason = ''
    if (!this.#builtIn.includes(provider)) reason = 'not in this build of ONNX Runtime'
    else {
      try {
        await this.#trial(provider)
      } catch (error) {
        reason = reasonOf(error)
      }
    }
    this.#reasons.set(provider, reason)
    return reason
  }
}

/** The first line of what the runtime says, without the place in its source that it begins with. */
export function reasonOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return line
    .replace(/^.* was false\. /, '')
    .replace(/^OrtSessionOptions\w+: /, '')
    .replace(/[.\s]+$/, '')
    .slice(0, MAX_REASON)
}

/** Some of them quote a whole graph. */
const MAX_REASON = 300
