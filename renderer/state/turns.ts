interface Turn {
  readonly rank: number
  readonly begin: () => void
}

/**
 * Work that is done one piece at a time, the lowest rank first and otherwise in order. What is aborted gives its turn
 * away at once, whether or not it has noticed.
 */
export class Turns {
  readonly #waiting: Turn[] = []
  #taken = false

  /** The result of `work`, begun when its turn has come; throws the reason of `signal` when that is aborted. */
  async take<T>(rank: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    // where nothing is under way, work begins at once
    if (this.#taken) await this.#turn(rank, signal)
    this.#taken = true
    try {
      signal.throwIfAborted()
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      })
      return await Promise.race([work(), aborted])
    } finally {
      this.#pass()
    }
  }

  #turn(rank: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn: Turn = { rank, begin: resolve }
      this.#waiting.push(turn)
      const leave = (): void => {
        const at = this.#waiting.indexOf(turn)
        if (at < 0) return
        this.#waiting.splice(at, 1)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  #pass(): void {
    const first = this.#waiting.reduce<Turn | undefined>(
      (best, turn) => (best && best.rank <= turn.rank ? best : turn),
      undefined
    )
    if (!first) {
      this.#taken = false
      return
    }
    this.#waiting.splice(this.#waiting.indexOf(first), 1)
    first.begin()
  }
}
