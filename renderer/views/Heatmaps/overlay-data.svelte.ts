import type { LabelsId, RunId, RunInfo } from '#models/api'
import type { LabelSource, Probe } from '#models/results-api'
import { cellFromPixel } from '#models/images/mapping'
import { toFloat32, type Tensor } from '#models/tensor'
import type { OverlayKind } from '../../state/choices'
import { indexOfClass } from '../../state/class-names'
import type { ModelSlot } from '../../state/model-slot.svelte'
import { Resource } from '../../state/resource.svelte'
import type { Studio } from '../../state/studio.svelte'
import { featureTensorOf, joinedTensor } from './feature-tensor'
import { hasAnswers, SamAnswers } from './sam-answers.svelte'
import type { ScoreTensor } from './score-tensor'
import type { Cells, ShownRun, SlotMaps } from './slot-maps.svelte'

export type ShownKind = OverlayKind | 'picture'

interface OfRun {
  readonly run: RunId
  readonly epoch: number
}

function cellsOf(tensor: Tensor): Cells {
  const [rows = 0, columns = 0] = tensor.shape
  return { rows, columns, values: toFloat32(tensor).data }
}

/** Which answer a kind of overlay shows or judges, if any. A loss is of cosines, whichever score map is shown. */
export function labelSourceOf(kind: ShownKind, scoreTensor: ScoreTensor): LabelSource | undefined {
  if (kind === 'score-argmax') return scoreTensor
  if (kind === 'loss-score') return 'score_map'
  return kind === 'decoder-argmax' || kind === 'loss-decoder' ? 'seg_logits' : undefined
}

/**
 * What the engine has to be asked for to show one kind of overlay of one model: each thing only while it is shown,
 * the newest request only. Make it while a component is set up.
 */
export class OverlayData {
  readonly labelMap
  readonly truth
  readonly loss
  readonly meanIou
  readonly logits
  /** rows, columns and channels of the feature tensor */
  readonly grid
  readonly channel
  readonly pca
  readonly similar
  readonly sam

  readonly #studio: Studio
  readonly #slot: ModelSlot
  readonly #maps: SlotMaps
  readonly #kind: () => ShownKind

  constructor(studio: Studio, slot: ModelSlot, maps: SlotMaps, kind: () => ShownKind) {
    this.#studio = studio
    this.#slot = slot
    this.#maps = maps
    this.#kind = kind
    const { engine } = studio
    const { results } = studio.session

    this.labelMap = new Resource(
      () => {
        const from = labelSourceOf(kind(), maps.scoreTensor)
        if (!from || !kind().endsWith('argmax') || this.#argmaxOfCells) return undefined
        return this.#ofRun(from, (run, { classes }) => ({ ...run, from, classes }))
      },
      async ({ run, from, classes }) => ({ ...(await results.labelMap(run, from)), from, classes })
    )
    this.truth = new Resource(
      () => {
        const { info: picture } = studio.picture
        const labels = this.#labels
        if (kind() !== 'labels' || !picture || !labels) return undefined
        return { labels, width: picture.width, height: picture.height, epoch: studio.session.epoch }
      },
      ({ labels, width, height }, context) => engine.labelPixels({ labels, width, height }, context)
    )
    this.loss = new Resource(
      () => {
        const from = labelSourceOf(kind(), maps.scoreTensor)
        const labels = this.#labels
        if (!from || !kind().startsWith('loss') || !labels || !studio.labelsFit(slot)) return undefined
        // the decoder's loss has no temperature: moving τ asks for nothing
        const tau = from === 'score_map' ? studio.tauOf(slot) : 1
        return this.#ofRun(from, (run) => ({ ...run, labels, from, tau }))
      },
      ({ run, labels, from, tau }, context) => engine.lossMap({ run, labels, from, tau }, context)
    )
    this.meanIou = new Resource(
      () => {
        const from = labelSourceOf(kind(), maps.scoreTensor)
        const labels = this.#labels
        if (!from || !kind().endsWith('argmax') || !labels || !studio.labelsFit(slot)) return undefined
        return this.#ofRun(from, (run) => ({ ...run, labels, from }))
      },
      ({ run, labels, from }, context) => engine.meanIou({ run, labels, from }, context)
    )
    this.logits = new Resource(
      () => {
        const index = indexOfClass(this.#run?.info.classes ?? [], studio.chosenName)
        if (kind() !== 'logits' || index === undefined) return undefined
        return this.#ofRun('seg_logits', (run) => ({ ...run, index }))
      },
      async ({ run, index }, context) =>
        cellsOf(await engine.slice({ run, name: 'seg_logits', index: [0, index, null, null] }, context))
    )
    this.grid = new Resource(
      () => {
        if (kind() !== 'feature' && kind() !== 'similar') return undefined
        return this.#ofRun(this.#tensor, (run) => ({ ...run, name: this.#tensor }))
      },
      async ({ run, name }, context) => {
        const [cells, vector] = await Promise.all([
          engine.slice({ run, name, index: [0, 0, null, null] }, context),
          engine.slice({ run, name, index: [0, null, 0, 0] }, context)
        ])
        const [rows = 0, columns = 0] = cells.shape
        return { name, rows, columns, channels: vector.shape[0] ?? 0 }
      }
    )
    this.channel = new Resource(
      () => {
        const channel = studio.heatmaps.featureChannel
        const channels = this.grid.value?.name === this.#tensor ? this.grid.value.channels : 0
        if (kind() !== 'feature' || channel === 'pca' || channels === 0) return undefined
        return this.#ofRun(this.#tensor, (run) => ({
          ...run,
          name: this.#tensor,
          channel: Math.min(channel, channels - 1),
          windows: maps.windows.length
        }))
      },
      async ({ run, name, channel, windows }, context) => ({
        channel,
        windows: await Promise.all(
          Array.from({ length: windows }, async (_, window) =>
            cellsOf(await engine.slice({ run, name, window, index: [0, channel, null, null] }, context))
          )
        )
      })
    )
    this.pca = new Resource(
      () => {
        if (kind() !== 'feature' || studio.heatmaps.featureChannel !== 'pca') return undefined
        return this.#ofRun(this.#tensor, (run) => ({
          ...run,
          name: this.#tensor,
          windows: maps.windows.length,
          beside: joinedTensor(studio, slot)
        }))
      },
      ({ run, name, windows, beside }, context) =>
        Promise.all(
          Array.from({ length: windows }, (_, window) => engine.pcaRgb({ run, name, window, beside }, context))
        )
    )
    this.similar = new Resource(
      () => {
        const cell = kind() === 'similar' ? this.#probedCell : undefined
        const beside = joinedTensor(studio, slot)
        return cell && this.#ofRun(this.#tensor, (run) => ({ ...run, name: this.#tensor, ...cell, beside }))
      },
      ({ run, name, window, row, column, beside }, context) =>
        engine.similarCells({ run, name, window, row, column, beside }, context)
    )
    this.sam = new SamAnswers(studio, slot, () => {
      const run = kind() === 'sam-mask' || kind() === 'sam-logits' ? this.#run : undefined
      return run && hasAnswers(run.info.shapes) ? { id: run.info.id, epoch: run.epoch } : undefined
    })
  }

  /** The resource that the shown kind waits for. */
  get main(): { readonly busy: boolean; readonly old: boolean; readonly error: unknown } | undefined {
    switch (this.#kind()) {
      case 'score_map':
        return this.#maps.scores
      case 'score-argmax':
        return this.#argmaxOfCells ? this.#maps.scores : this.labelMap
      case 'decoder-argmax':
        return this.labelMap
      case 'labels':
        return this.truth
      case 'loss-decoder':
      case 'loss-score':
        return this.loss
      case 'logits':
        return this.logits
      case 'similar':
        return this.similar
      case 'feature':
        return this.#studio.heatmaps.featureChannel === 'pca' ? this.pca : this.channel
      case 'sam-mask':
        return this.sam.atPicture
      case 'sam-logits':
        return this.sam.masks
      case 'picture':
        return undefined
    }
  }

  get #run(): ShownRun | undefined {
    return this.#maps.run
  }

  get #tensor(): string {
    return featureTensorOf(this.#slot, this.#studio.heatmaps)
  }

  get #labels(): LabelsId | undefined {
    return this.#studio.labels.info?.id
  }

  /** The score map's argmax of each cell needs no engine: the score map is here. */
  get #argmaxOfCells(): boolean {
    return this.#kind() === 'score-argmax' && this.#studio.heatmaps.interpolation === 'cells'
  }

  /** The request for a tensor that the model has, about the run that is shown. */
  #ofRun<T>(tensor: string, request: (run: OfRun, info: RunInfo) => T): T | undefined {
    const run = this.#run
    return run && this.#slot.has(tensor) ? request({ run: run.info.id, epoch: run.epoch }, run.info) : undefined
  }

  /** The cell of the feature tensor that is compared: the first pin's, else the one under the mouse. */
  get #probedCell(): { window: number; row: number; column: number } | undefined {
    const pin = this.#studio.pins[0]
    const place = pin ?? this.#studio.hovered
    const probe: Probe | undefined = pin ? this.#slot.pinProbes.get(pin.number) : this.#slot.hoverProbe
    const { info: picture } = this.#studio.picture
    const grid = this.grid.value
    const window = probe?.window ?? 0
    const region = this.#maps.windows[window]?.region
    if (!place || !picture || !region || grid?.name !== this.#tensor) return undefined
    // the place within the window, in shares of it
    const x = (place.x / picture.width - region.left) / (region.right - region.left)
    const y = (place.y / picture.height - region.top) / (region.bottom - region.top)
    return { window, row: cellFromPixel(y, 1, grid.rows), column: cellFromPixel(x, 1, grid.columns) }
  }
}
