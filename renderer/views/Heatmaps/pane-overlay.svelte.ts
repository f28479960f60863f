import type { PaneChoice } from '../../state/choices'
import type { ModelSlot } from '../../state/model-slot.svelte'
import { studioError } from '../../state/resource.svelte'
import type { ScalePart } from '../../state/shared-scales.svelte'
import type { Studio } from '../../state/studio.svelte'
import { OverlayData, type ShownKind } from './overlay-data.svelte'
import { scaleOf } from './scale'
import { show, type Shown, type Sources } from './shown'
import type { SlotMaps } from './slot-maps.svelte'
import type { Words } from '../../words/words'

/** One overlay of one model as a pane shows it. Make it while a component is set up. */
export class PaneOverlay {
  readonly #slot: ModelSlot
  readonly #data: OverlayData
  readonly #kind: () => ShownKind
  readonly #sources: () => Sources
  readonly #studio: Studio
  #last: Shown | undefined
  /** hash of the picture that #last lies over */
  #lastOver: string | undefined

  readonly #now = $derived.by(() => show(this.#kind(), this.#sources()))

  /** What is to be seen. While an answer is on its way that is what was there before, on the same picture. */
  readonly shown: Shown | undefined = $derived.by(() => {
    const now = this.#now
    const over = this.#studio.picture.info?.hash
    if (now || over !== this.#lastOver) {
      this.#last = now && !('missing' in now) ? now : undefined
      this.#lastOver = over
    }
    return this.#last
  })

  /** What has to be chosen or opened first; '' if nothing. */
  readonly missing: string = $derived(this.#now && 'missing' in this.#now ? this.#now.missing : '')

  /** What the model can show instead. */
  readonly offer: PaneChoice | undefined = $derived(this.#now && 'missing' in this.#now ? this.#now.offer : undefined)

  /** What it adds to the scale that all maps of its unit share. */
  readonly scale: ScalePart | undefined = $derived.by(() => scaleOf(this.#kind(), this.#sources()))

  constructor(studio: Studio, slot: ModelSlot, maps: SlotMaps, words: () => Words['heatmaps'], kind: () => ShownKind) {
    this.#studio = studio
    this.#slot = slot
    this.#kind = kind
    const data = new OverlayData(studio, slot, maps, kind)
    this.#data = data
    this.#sources = () => ({ studio, slot, maps, data, words: words() })
  }

  get kind(): ShownKind {
    return this.#kind()
  }

  /** What is shown answers older choices. */
  get old(): boolean {
    return this.shown !== undefined && (this.#slot.old || this.#data.main?.old === true || this.#now === undefined)
  }

  /** Something is on its way. */
  get busy(): boolean {
    return this.#slot.old || this.#data.main?.busy === true
  }

  get error(): string {
    const error = this.#slot.error ?? this.#slot.runError ?? this.#data.main?.error
    return error === undefined ? '' : studioError(error).message
  }
}
