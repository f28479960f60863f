import type { RunId } from '#models/api'
import type { LabelMap, LabelSource } from '#models/results-api'
import { IGNORED_LABEL } from '#models/analysis/cross-entropy'
import { maskIou } from '#models/analysis/sam-mask'
import { indexOfClass } from '../../state/class-names'
import type { ModelSlot } from '../../state/model-slot.svelte'
import { Resource } from '../../state/resource.svelte'
import type { Studio } from '../../state/studio.svelte'
import type { PictureMask } from './sam-answers.svelte'

/** How a mask agrees with the chosen class of the model whose score map may prompt it. Make it while a component is set up. */
export class SamOverlap {
  /** the answer that it is compared with: of the decoder where it has run, else of the score map */
  readonly source: LabelSource | undefined = $derived.by(() => {
    const slot = this.#model()
    if (!slot?.run) return undefined
    if (slot.decoded) return 'seg_logits'
    return slot.has('score_map') ? 'score_map' : undefined
  })
  readonly #region
  readonly #truth
  readonly #studio: Studio
  readonly #model: () => ModelSlot | undefined
  readonly #mask: () => PictureMask | undefined

  /** IoU with the region that the model answers for the class */
  readonly withModel: number | undefined = $derived.by(() => {
    const map = this.#region.value
    const index = indexOfClass(this.#region.answered?.classes ?? [], this.#studio.chosenName)
    return this.#iou(map, index)
  })
  /** IoU with the labels of the class; they count the classes of the model's checkpoint */
  readonly withLabels: number | undefined = $derived.by(() => {
    const index = indexOfClass(this.#model()?.info?.classes ?? [], this.#studio.chosenName)
    return this.#iou(this.#truth.value, index, IGNORED_LABEL)
  })

  constructor(studio: Studio, model: () => ModelSlot | undefined, mask: () => PictureMask | undefined) {
    this.#studio = studio
    this.#model = model
    this.#mask = mask
    this.#region = new Resource(
      (): { run: RunId; from: LabelSource; epoch: number; classes: readonly string[] } | undefined => {
        const run = model()?.run
        if (!run || !this.source || !mask()) return undefined
        return { run: run.id, from: this.source, epoch: studio.session.epoch, classes: run.classes }
      },
      ({ run, from }) => studio.session.results.labelMap(run, from)
    )
    this.#truth = new Resource(
      () => {
        const { info: picture } = studio.picture
        const { info: labels } = studio.labels
        if (!picture || !labels || !mask()) return undefined
        return { labels: labels.id, width: picture.width, height: picture.height, epoch: studio.session.epoch }
      },
      ({ labels, width, height }, context) => studio.engine.labelPixels({ labels, width, height }, context)
    )
  }

  #iou(map: LabelMap | undefined, index: number | undefined, ignored?: number): number | undefined {
    const mask = this.#mask()
    if (!map || !mask || index === undefined || map.width !== mask.width || map.height !== mask.height) return undefined
    return maskIou(mask.inside, map.labels, index, ignored)
  }
}
