import { StudioError } from '#models/errors'

/**
 * Requests by key, of which only the newest counts: a newer one aborts the older, whose result or failure is dropped.
 * The newest one's failure is its caller's, so no error is lost.
 */
export class Latest {
  readonly #running = new Map<string, AbortController>()

  /** The task's result, or undefined where a newer request of this key (or `cancel`) replaced it. */
  async run<T>(key: string, task: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    this.cancel(key)
    const controller = new AbortController()
    this.#running.set(key, controller)
    try {
      const value = await task(controller.signal)
      return controller.signal.aborted ? undefined : value
    } catch (error) {
      if (controller.signal.aborted) return undefined
      throw error
    } finally {
      if (this.#running.get(key) === controller) this.#running.delete(key)
    }
  }

  cancel(key: string): void {
    this.#running.get(key)?.abort(new StudioError('cancelled', 'Cancelled.'))
    this.#running.delete(key)
  }

  cancelAll(): void {
    for (const key of [...this.#running.keys()]) this.cancel(key)
  }
}
