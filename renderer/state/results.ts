import type { Engine, RunId } from '#models/api'
import type { LabelMap, LabelSource } from '#models/results-api'
import type { Tensor } from '#models/tensor'

/** Whole results kept in the window, some of each model; the oldest leave first. Each is a few megabytes at most. */
const MAX_RESULTS = 32

/** Whole tensors and label maps that several parts of the window show: each is asked for once per run. */
export class Results {
  readonly #engine: Engine
  readonly #kept = new Map<string, Promise<unknown>>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Only for tensors that the window draws whole (score maps); features come as slices or PCA. */
  tensor(run: RunId, name: string, window?: number): Promise<Tensor> {
    return this.#once(`tensor ${run} ${name} ${window ?? 0}`, () => this.#engine.tensor({ run, name, window }))
  }

  labelMap(run: RunId, from: LabelSource): Promise<LabelMap> {
    return this.#once(`labels ${run} ${from}`, () => this.#engine.labelMap({ run, from }))
  }

  /** Everything asked of an engine that is gone. */
  clear(): void {
    this.#kept.clear()
  }

  #once<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const kept = this.#kept.get(key) as Promise<T> | undefined
    const result = kept ?? ask()
    this.#kept.delete(key)
    this.#kept.set(key, result)
    if (!kept) {
      result.catch(() => {
        if (this.#kept.get(key) === result) this.#kept.delete(key)
      })
      const oldest = this.#kept.keys().next().value
      if (this.#kept.size > MAX_RESULTS && oldest !== undefined) this.#kept.delete(oldest)
    }
    return result
  }
}
