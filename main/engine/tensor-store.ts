import type { ProviderName } from '#models/api'
import type { Shape, Tensor } from '#models/tensor'

/** What one step of a run gave, and how. */
export interface StepValues {
  readonly outputs: ReadonlyMap<string, Tensor>
  readonly provider: ProviderName
  readonly durationMs: number
  /** of outputs that may not have been computed, where they are known */
  readonly shapes?: ReadonlyMap<string, Shape> | undefined
}

function bytesOf({ outputs }: StepValues): number {
  let bytes = 0
  for (const { data } of outputs.values()) bytes += data.byteLength
  return bytes
}

/** What nobody asked for since then is of a picture or a choice that was left. */
const UNUSED_MS = 30_000

interface Entry {
  readonly values: StepValues
  readonly usedMs: number
}

/** Values of steps by key, up to a number of bytes; those unused for longest go first and are computed again. */
export class TensorStore {
  /** in the order of use, the longest unused first */
  readonly #entries = new Map<string, Entry>()
  #bytes = 0
  /** beyond it, values that were unused for a while go, too */
  #unusedLimitBytes = Infinity

  constructor(readonly limitBytes: number) {}

  get bytes(): number {
    return this.#bytes
  }

  get(key: string): StepValues | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, { ...entry, usedMs: performance.now() })
    return entry.values
  }

  /** Values larger than the whole limit are not kept. */
  set(key: string, values: StepValues): void {
    this.#remove(key)
    this.#entries.set(key, { values, usedMs: performance.now() })
    this.#bytes += bytesOf(values)
    this.#trim()
  }

  /** From now on values that were unused for half a minute go where all together take more than this. */
  limitUnused(bytes: number): void {
    this.#unusedLimitBytes = bytes
    this.#trim()
  }

  /** Drops everything whose key begins so: a model that was closed. */
  drop(prefix: string): void {
    for (const key of [...this.#entries.keys()]) if (key.startsWith(prefix)) this.#remove(key)
  }

  #trim(): void {
    const unusedSince = performance.now() - UNUSED_MS
    for (const [key, { usedMs }] of this.#entries) {
      const limit = usedMs <= unusedSince ? Math.min(this.limitBytes, this.#unusedLimitBytes) : this.limitBytes
      if (this.#bytes <= limit) break
      this.#remove(key)
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    this.#entries.delete(key)
    this.#bytes -= bytesOf(entry.values)
  }
}
