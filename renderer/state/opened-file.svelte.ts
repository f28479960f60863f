import type { StudioError } from '#models/errors'
import { Latest } from './latest'
import { studioError } from './resource.svelte'

/** A file that is open in the engine, or why it is not. */
export class OpenedFile<Info> {
  path: string | undefined = $state()
  info: Info | undefined = $state.raw()
  error: StudioError | undefined = $state.raw()
  opening = $state(false)
  readonly #latest = new Latest()

  /** Opens what the choices ask for, where it is another file; `onEnd` hears when that is over. */
  follow(
    path: string | undefined,
    open: (path: string, signal: AbortSignal) => Promise<Info>,
    onEnd: () => void
  ): void {
    if (path === this.path) return
    this.path = path
    this.error = undefined
    this.opening = path !== undefined
    if (path === undefined) {
      this.info = undefined
      return
    }
    this.#latest
      .run('file', (signal) => open(path, signal))
      .then((info) => {
        if (info && this.path === path) this.info = info
      })
      .catch((error: unknown) => {
        if (this.path !== path) return
        this.error = studioError(error)
        this.info = undefined
      })
      .finally(() => {
        if (this.path !== path) return
        this.opening = false
        onEnd()
      })
  }

  /** What the user opened, instead of what the choices before asked for. */
  take(path: string, info: Info): void {
    this.cancel()
    this.path = path
    this.info = info
    this.error = undefined
    this.opening = false
  }

  /** Whatever is under way is over, and the next `follow` opens the file again: the engine is another one. */
  forget(): void {
    this.cancel()
    this.path = undefined
  }

  cancel(): void {
    this.#latest.cancelAll()
  }
}
