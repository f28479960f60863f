import { untrack } from 'svelte'
import type { CallContext } from '#models/api'
import { StudioError } from '#models/errors'
import { Latest } from './latest'

/** Any error as one that can be shown. */
export function studioError(error: unknown): StudioError {
  if (error instanceof StudioError) return error
  return new StudioError('engine', error instanceof Error ? error.message : String(error), { cause: error })
}

/**
 * Something asked of the engine that follows the document: a new request replaces the one under way, and the old value
 * stays (`old`) until the new one is there. Make it while a component is set up, since it lives as long as that.
 *
 *     const pca = new Resource(() => run && { run: run.id, name: 'x4' }, (request, context) => engine.pcaRgb(request, context))
 */
export class Resource<Request, Value> {
  value: Value | undefined = $state.raw()
  /** the request that `value` answers */
  answered: Request | undefined = $state.raw()
  error: StudioError | undefined = $state.raw()
  busy = $state(false)

  /** `request` undefined means that there is nothing to show; equal requests (as JSON) are asked once. */
  constructor(request: () => Request | undefined, load: (request: Request, context: CallContext) => Promise<Value>) {
    const latest = new Latest()
    const key = $derived(JSON.stringify(request()))
    $effect(() => {
      if (key === undefined) {
        latest.cancelAll()
        this.value = this.answered = this.error = undefined
        this.busy = false
        return
      }
      const asked = untrack(request)
      if (asked !== undefined) void this.#load(latest, asked, load)
    })
    $effect(() => () => latest.cancelAll())
  }

  /** A newer answer is on its way. */
  get old(): boolean {
    return this.busy && this.value !== undefined
  }

  async #load(
    latest: Latest,
    asked: Request,
    load: (request: Request, context: CallContext) => Promise<Value>
  ): Promise<void> {
    this.busy = true
    try {
      const value = await latest.run('newest', (signal) => load(asked, { signal }))
      if (value === undefined) return // a newer request answers
      this.value = value
      this.answered = asked
      this.error = undefined
      this.busy = false
    } catch (error) {
      this.error = studioError(error)
      this.busy = false
    }
  }
}
