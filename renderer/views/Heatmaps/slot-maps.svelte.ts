import type { RunInfo } from '#models/api'
import { domainOf } from '#models/figures/overlay'
import { toFloat32 } from '#models/tensor'
import type { ModelSlot } from '../../state/model-slot.svelte'
import { Resource } from '../../state/resource.svelte'
import type { Studio } from '../../state/studio.svelte'
import { scoreTensorOf } from './pane-choice'
import { countedValues, type ScoreTensor } from './score-tensor'
import { placeWindows, type PlacedWindow } from './windows'

/** The run that a pane shows, and in which life of the engine it was asked for. */
export interface ShownRun {
  readonly info: RunInfo
  readonly epoch: number
}

export interface Cells {
  readonly rows: number
  readonly columns: number
  readonly values: Float32Array
}

/** The score map of every class, a grid a window. */
class ScoreMaps {
  readonly range: readonly [low: number, high: number]
  readonly #ofClass = new Map<string, Cells>()

  /** `windows`: class × row × column each; `classes`: their names, which the class list may have left behind */
  constructor(
    readonly tensor: ScoreTensor,
    readonly windows: readonly (Cells & { readonly classes: number })[],
    readonly classes: readonly string[]
  ) {
    const ranges = windows.map(({ values }) => domainOf(countedValues(tensor, values), false))
    this.range = [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))]
  }

  /** One class in one window. The same object every time, so that a plot knows what it has uploaded. */
  ofClass(window: number, classIndex: number | undefined): Cells | undefined {
    const map = this.windows[window]
    if (!map || classIndex === undefined || classIndex >= map.classes) return undefined
    const key = `${window} ${classIndex}`
    let cells = this.#ofClass.get(key)
    if (!cells) {
      const { rows, columns, values } = map
      const size = rows * columns
      cells = { rows, columns, values: values.subarray(classIndex * size, (classIndex + 1) * size) }
      this.#ofClass.set(key, cells)
    }
    return cells
  }

  /** The best class of every cell of a window. */
  argmax(window: number): { rows: number; columns: number; labels: Uint16Array } | undefined {
    const map = this.windows[window]
    if (!map) return undefined
    const { rows, columns, classes, values } = map
    const size = rows * columns
    const labels = new Uint16Array(size)
    for (let cell = 0; cell < size; cell++) {
      for (let k = 1; k < classes; k++) {
        const best = values[(labels[cell] ?? 0) * size + cell] ?? -Infinity
        if ((values[k * size + cell] ?? -Infinity) > best) labels[cell] = k
      }
    }
    return { rows, columns, labels }
  }
}

/** What the panes of one model share. Make it while a component is set up. */
export class SlotMaps {
  readonly scores
  readonly #studio: Studio
  readonly #slot: ModelSlot
  #held: ShownRun | undefined
  /** stays what it was while a newer run is on its way */
  readonly run: ShownRun | undefined = $derived.by(() => {
    const { run: info, old } = this.#slot
    const { epoch } = this.#studio.session
    if (!info) this.#held = undefined
    else if (!old || !this.#held) this.#held = { info, epoch }
    return this.#held
  })
  readonly windows: readonly PlacedWindow[] = $derived(this.run ? placeWindows(this.run.info) : [])

  /** which score map is shown */
  readonly scoreTensor: ScoreTensor = $derived.by(() => scoreTensorOf(this.#studio, this.#slot))

  constructor(studio: Studio, slot: ModelSlot) {
    this.#studio = studio
    this.#slot = slot
    this.scores = new Resource(
      () => {
        const { run } = this
        if (!run || !slot.has('score_map')) return undefined
        const { id, windows, classes } = run.info
        const { scoreTensor: tensor } = this
        return { run: id, epoch: run.epoch, tensor, windows: windows.length, classes }
      },
      async ({ run, tensor: name, windows, classes: names }) => {
        const tensors = await Promise.all(
          Array.from({ length: windows }, (_, window) => studio.session.results.tensor(run, name, window))
        )
        return new ScoreMaps(
          name,
          tensors.map((tensor) => {
            const [, classes = 0, rows = 0, columns = 0] = tensor.shape
            return { classes, rows, columns, values: toFloat32(tensor).data }
          }),
          names
        )
      }
    )
  }
}
