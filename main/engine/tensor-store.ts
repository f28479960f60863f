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

/** Values of steps by key, up to a number of bytes; those unused for longest go first and are computed again. */
export class TensorStore {
  /** in the order of use, the longest unused first */
  readonly #entries = new Map<string, StepValues>()
  #bytes = 0

  constructor(readonly limitBytes: number) {}

  get bytes(): number {
    return this.#bytes
  }

  get(key: string): StepValues | undefined {
    const values = this.#entries.get(key)
    if (values) {
      this.#entries.delete(key)
      this.#entries.set(key, values)
    }
    return values
  }

  /** Values larger than the whole limit are not kept. */
  set(key: string, values: StepValues): void {
    this.#remove(key)
    this.#entries.set(key, values)
    this.#bytes += bytesOf(values)
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.limitBytes) break
      this.#remove(oldest)
    }
  }

  /** Drops everything whose key begins so: a model that was closed. */
  drop(prefix: string): void {
    for (const key of [...this.#entries.keys()]) if (key.startsWith(prefix)) this.#remove(key)
  }

  #remove(key: string): void {
    const values = this.#entries.get(key)
    if (!values) return
    this.#entries.delete(key)
    this.#bytes -= bytesOf(values)
  }
}
