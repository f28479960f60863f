import { Latest } from './latest'
import { studioError } from './resource.svelte'

/**
 * Files that the user is opening, of which the newest of each kind counts. They outlive the engine: where it ends while
 * it opens one, the next engine is asked, once.
 */
export class Openings {
  readonly #latest = new Latest()
  readonly #kinds: string[] = []

  /** `take` gets what was opened while it still counts as being opened: nothing comes between. */
  async run<T>(
    kind: string,
    open: (signal: AbortSignal) => Promise<T>,
    take: (opened: T) => void
  ): Promise<T | undefined> {
    this.#kinds.push(kind)
    try {
      const opened = await this.#latest.run(kind, (signal) =>
        open(signal).catch((error: unknown) => {
          if (signal.aborted || studioError(error).code !== 'engine') throw error
          return open(signal)
        })
      )
      if (opened !== undefined) take(opened)
      return opened
    } finally {
      this.#kinds.splice(this.#kinds.indexOf(kind), 1)
    }
  }

  has(kind: string): boolean {
    return this.#kinds.includes(kind)
  }

  cancelAll(): void {
    this.#latest.cancelAll()
  }
}
