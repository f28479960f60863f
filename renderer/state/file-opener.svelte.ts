import type { ModelInfo } from '#models/api'
import type { StudioError } from '#models/errors'
import { FIT } from '../plots/camera'
import { MAX_MODELS, type ModelChoice, type ModelSource } from './choices'
import { listOf, takesAnyList } from './class-lists'
import { fileNameOf, type ModelSlot } from './model-slot.svelte'
import { openWithNeighbours } from './neighbours'
import { withKeptMeanings } from './output-meanings'
import { studioError } from './resource.svelte'
import type { Studio } from './studio.svelte'

/** A file that the user brought and that cannot be opened; what was open before stays. */
export interface FailedFile {
  readonly path: string
  readonly fileName: string
  readonly error: StudioError
}

/** How long a file may wait to be opened for the stage that runs; as with an ended run, but a stage that ends by itself is kept. */
const OPEN_GRACE_MS = 2000

/** Opens the files that the user brings: each is opened by the engine first, and chosen where that works. */
export class FileOpener {
  failedModel: FailedFile | undefined = $state.raw()
  failedPicture: FailedFile | undefined = $state.raw()
  failedLabels: FailedFile | undefined = $state.raw()
  readonly #studio: Studio

  constructor(studio: Studio) {
    this.#studio = studio
  }

  /** Opens a checkpoint in slot `index` (one past the last adds it). A file that cannot be opened changes nothing. */
  async openModel(source: ModelSource, index = 0): Promise<void> {
    // one of several that are opened beside each other may have failed before this one
    if (index === 0 || index < this.#studio.models.length || this.failedModel?.path === source.path) {
      this.failedModel = undefined
    }
    try {
      await this.#openModel({ ...source, classes: undefined }, index)
    } catch (error) {
      this.failedModel = { path: source.path, fileName: fileNameOf(source.path), error: studioError(error) }
    }
  }

  /**
   * Opens the model of a slot in another way (overrides, other files, another system); its class list and pane stay.
   * Where that fails, it stays as it is and its slot says why.
   */
  async changeModel(index: number, change: Partial<ModelSource>): Promise<void> {
    const choice = this.#studio.choices.models[index]
    const slot = this.#studio.models[index]
    if (!choice || !slot) return
    slot.changeError = undefined
    try {
      await this.#openModel({ ...choice, ...change }, index)
    } catch (error) {
      slot.changeError = studioError(error)
    }
  }

  async #openModel(choice: ModelChoice, index: number): Promise<void> {
    const studio = this.#studio
    const slot = studio.models[index]
    if (slot) slot.next = choice
    const arrived = this.#makeWay(slot ? [slot] : [])
    try {
      const opened = await openWithNeighbours(studio.session, studio.shell, choice)
      const found = opened && (await withKeptMeanings(studio.session, studio.shell, opened))
      if (!found) return
      const infos = studio.models.map(({ info }) => info)
      const models = studio.choices.models.toSpliced(index, 1, { ...choice, ...found.source }).slice(0, MAX_MODELS)
      studio.choose({ models: this.#keepList(models, infos.toSpliced(index, 1, found.info)) })
      void studio.files.add(choice.path, 'checkpoint')
    } finally {
      arrived()
      // unless one that was opened after it is on its way
      if (slot?.next === choice) {
        slot.next = undefined
        studio.session.resume()
      }
    }
  }

  closeModel(index: number): void {
    const { choices, models } = this.#studio
    const infos = models.map(({ info }) => info)
    const left = this.#keepList(choices.models.toSpliced(index, 1), infos.toSpliced(index, 1))
    this.#studio.choose({ models: left })
  }

  /** A list that leaves with its model stays with the first of those that followed it. */
  #keepList(models: readonly ModelChoice[], infos: readonly (ModelInfo | undefined)[]): readonly ModelChoice[] {
    const list = this.#studio.session.lender?.ownClasses
    if (!list || models.some((model, index) => listOf(model, infos[index]))) return models
    const heir = models[infos.findIndex((info) => info && takesAnyList(info))]
    return heir ? models.with(models.indexOf(heir), { ...heir, classes: list }) : models
  }

  /** Opens a picture; labels, pins and SAM's points and box belong to the one before and leave with it. */
  async openPicture(path: string, labelsPath?: string): Promise<void> {
    const studio = this.#studio
    this.failedPicture = undefined
    const opened = this.#makeWay(studio.models)
    try {
      if (!(await studio.session.openPicture(path))) return
      studio.camera = FIT
      studio.hover(undefined)
      studio.choose({
        picturePath: path,
        labelsPath,
        pins: [],
        sam: { ...studio.choices.sam, points: [], box: undefined }
      })
      void studio.files.add(path, 'picture')
    } catch (error) {
      this.failedPicture = { path, fileName: fileNameOf(path), error: studioError(error) }
    } finally {
      opened()
    }
  }

  async openLabels(path: string): Promise<void> {
    this.failedLabels = undefined
    try {
      if (await this.#studio.session.openLabels(path)) this.#studio.choose({ labelsPath: path })
    } catch (error) {
      this.failedLabels = { path, fileName: fileNameOf(path), error: studioError(error) }
    }
  }

  /** What is opened in the place of what runs does not wait for that for long. To be called when it is open. */
  #makeWay(replaced: readonly ModelSlot[]): () => void {
    const timer = setTimeout(() => {
      if (this.#studio.session.endRuns(replaced)) void this.#studio.restartEngine()
    }, OPEN_GRACE_MS)
    return () => clearTimeout(timer)
  }
}
