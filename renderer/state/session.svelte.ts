import type { CallContext, Engine, LabelsInfo, ModelId, ModelInfo, PictureInfo, RunRequest } from '#models/api'
import type { Choices, ModelChoice, ModelSource } from './choices'
import { trainedOrder } from './class-edits'
import type { EngineClient } from './engine'
import { Latest } from './latest'
import { ModelSlot, SLOT_LETTERS, fileNameOf } from './model-slot.svelte'
import { OpenedFile } from './opened-file.svelte'
import { Openings } from './openings'
import { Probes } from './probes'
import { studioError } from './resource.svelte'
import { Results } from './results'
import { promptedRun, type PromptedRun } from './sam-prompts'
import { SlotRuns } from './slot-runs'
import { Tasks } from './tasks.svelte'

const sourceOf = ({ path, overrides, as, companions }: ModelSource): ModelSource => ({
  path,
  overrides,
  as,
  companions
})
const modelKey = (source: ModelSource): string => JSON.stringify(sourceOf(source))

/**
 * What the engine has made of the choices. `follow` brings the engine to them: it opens what is missing, closes what
 * is gone, and runs each model whose run would differ. A new engine process is brought there the same way.
 */
export class Session {
  slots: readonly ModelSlot[] = $state.raw([])
  readonly picture = new OpenedFile<PictureInfo>()
  readonly labels = new OpenedFile<LabelsInfo>()
  readonly tasks = new Tasks()
  readonly results: Results
  readonly probes: Probes
  /** counts engine processes: part of the key of whatever must be asked again after a restart */
  epoch = $state(0)

  readonly #engine: Engine
  readonly #latest = new Latest()
  readonly #runs: SlotRuns
  readonly #openings = new Openings()
  /** models that are open already and that the next `follow` finds here, by modelKey */
  readonly #ready = new Map<string, ModelInfo>()
  /** slots whose model is open in this engine process */
  readonly #open = new Set<ModelSlot>()
  #choices: Choices | undefined
  #lastSlotId = 0
  /** models whose run a slot still shows while another checkpoint takes their place */
  readonly #replaced = new Map<ModelSlot, Set<ModelId>>()
  /** closes what nothing shows any more, once the run that replaces it is there */
  #left: (() => Promise<void>)[] = []
  /** after the user ended a run, nothing runs before the next choice */
  #halted = false

  constructor(client: EngineClient) {
    this.#engine = client.api
    this.results = new Results(client.api)
    this.probes = new Probes(client.api)
    this.#runs = new SlotRuns(client.api, this, {
      onAnswer: () => this.#runAll(),
      onDone: (slot) => {
        this.#closeReplaced(slot)
        for (const close of this.#left.splice(0)) void close().catch(() => undefined)
      },
      onFailed: (slot) => this.#forgetReplaced(slot)
    })
    client.onConnect(() => this.#startOver())
  }

  /** The first model that has a list of classes: those without one have this (class-lists.ts). */
  get lender(): ModelSlot | undefined {
    return this.slots.find(({ ownClasses }) => ownClasses !== undefined)
  }

  /** Closes what `openModel` opened and nobody chose. */
  abandon(source: ModelSource): void {
    const info = this.#ready.get(modelKey(source))
    if (!info) return
    this.#ready.delete(modelKey(source))
    this.#engine.closeModel({ model: info.id }).catch(() => undefined)
  }

  /** Opens a checkpoint ahead of the choice of it, so that a broken file changes nothing; throws what is wrong. */
  async openModel(source: ModelSource): Promise<ModelInfo | undefined> {
    return this.#openings.run(
      'model',
      (signal) => this.#askModel(source, signal),
      (info) => this.#ready.set(modelKey(source), info)
    )
  }

  /** The same for a picture. Nothing runs on the one before meanwhile. */
  async openPicture(path: string): Promise<PictureInfo | undefined> {
    try {
      return await this.#openings.run(
        'picture',
        (signal) => this.#askPicture(path, signal),
        (info) => {
          const before = this.picture.info
          this.picture.take(path, info)
          if (before && before.id !== info.id) this.#left.push(() => this.#engine.closePicture({ picture: before.id }))
        }
      )
    } catch (error) {
      this.resume()
      throw error
    }
  }

  async openLabels(path: string): Promise<LabelsInfo | undefined> {
    return this.#openings.run(
      'labels',
      (signal) => this.#askLabels(path, signal),
      (info) => {
        const before = this.labels.info
        this.labels.take(path, info)
        if (before && before.id !== info.id) this.#left.push(() => this.#engine.closeLabels({ labels: before.id }))
      }
    )
  }

  async #askModel(source: ModelSource, signal: AbortSignal): Promise<ModelInfo> {
    return this.tasks.track('open-model', fileNameOf(source.path), signal, async (context) => {
      const info = await this.#engine.openModel(sourceOf(source), context)
      // opened when nobody wanted it any more: nobody else knows that it is open
      if (signal.aborted) this.#engine.closeModel({ model: info.id }).catch(() => undefined)
      return info
    })
  }

  #askPicture(path: string, signal: AbortSignal): Promise<PictureInfo> {
    return this.tasks.track('open-picture', fileNameOf(path), signal, (context) =>
      this.#engine.openPicture({ path }, context)
    )
  }

  #askLabels(path: string, signal: AbortSignal): Promise<LabelsInfo> {
    return this.tasks.track('open-labels', fileNameOf(path), signal, (context) =>
      this.#engine.openLabels({ path }, context)
    )
  }

  follow(choices: Choices): void {
    this.#choices = choices
    this.#halted = false
    this.#followModels(choices.models)
    const run = (): void => this.#runAll()
    this.picture.follow(choices.picturePath, (path, signal) => this.#askPicture(path, signal), run)
    this.labels.follow(choices.labelsPath, (path, signal) => this.#askLabels(path, signal), run)
    this.#runAll()
  }

  /** Runs every model anew, whatever was asked before. */
  runAgain(): void {
    this.#runs.forgetAsked()
    if (this.#choices) this.follow(this.#choices)
  }

  /** Goes on with what waited for a file that did not open. */
  resume(): void {
    this.#runAll()
  }

  /** Ends the runs of these models, to be asked again; whether there were any. */
  endRuns(slots: readonly ModelSlot[]): boolean {
    const running = slots.filter(({ letter }) =>
      this.tasks.list.some(({ kind, subject }) => kind === 'run' && subject === letter)
    )
    for (const slot of running) this.#runs.end(slot)
    return running.length > 0
  }

  /**
   * Work on files that a view asks for, of which the newest of a kind counts: among the tasks, and ended with them.
   * Undefined where it was ended.
   */
  work<T>(
    kind: 'count' | 'compare',
    subject: string,
    task: (context: CallContext) => Promise<T>
  ): Promise<T | undefined> {
    return this.#latest.run(kind, (signal) => this.tasks.track(kind, subject, signal, task))
  }

  endWork(kind: 'count' | 'compare'): void {
    this.#latest.cancel(kind)
  }

  /** Ends everything under way. What was shown before stays. */
  halt(): void {
    this.#halted = true
    this.#runs.endAll()
    for (const under of [this.#latest, this.#openings]) under.cancelAll()
    for (const file of [this.picture, this.labels]) file.cancel()
  }

  #startOver(): void {
    this.epoch++
    if (!this.#choices) return
    const halted = this.#halted
    this.results.clear()
    this.#ready.clear()
    this.#runs.endAll()
    this.#latest.cancelAll()
    this.#left = []
    this.#replaced.clear()
    for (const slot of this.slots) this.#reopen(slot)
    this.picture.forget()
    this.labels.forget()
    this.follow(this.#choices)
    this.#halted = halted
  }

  #followModels(models: readonly ModelChoice[]): void {
    const left = new Set(this.slots)
    const kept = models.map((choice) => {
      const slot = [...left].find((candidate) => modelKey(candidate.choice) === modelKey(choice))
      if (slot) left.delete(slot)
      return slot
    })
    const slots = models.map((choice, index) => {
      const slot = kept[index] ?? this.#replace(left, index, choice)
      slot.choice = choice
      slot.letter = SLOT_LETTERS[index] ?? 'D'
      return slot
    })
    // most choices are of something else, and nothing has to be worked out again for them
    const isSame = slots.length === this.slots.length && slots.every((slot, index) => slot === this.slots[index])
    if (!isSame) this.slots = slots
    for (const slot of left) this.#close(slot)
  }

  /** A slot for a checkpoint that is new here: one whose own checkpoint leaves shows its last run until there is another. */
  #replace(left: Set<ModelSlot>, index: number, choice: ModelChoice): ModelSlot {
    const before = this.slots[index]
    const slot = before && left.delete(before) ? before : new ModelSlot(++this.#lastSlotId, choice, () => this.lender)
    if (slot.info && this.#open.has(slot)) {
      this.#replaced.set(slot, (this.#replaced.get(slot) ?? new Set()).add(slot.info.id))
    }
    slot.info = slot.presence = slot.scores = undefined
    slot.runError = slot.decoderError = slot.changeError = undefined
    slot.decoded = false
    slot.choice = choice
    this.#runs.end(slot)
    this.#reopen(slot)
    return slot
  }

  #closeReplaced(slot: ModelSlot): void {
    for (const model of this.#replaced.get(slot) ?? []) this.#engine.closeModel({ model }).catch(() => undefined)
    this.#replaced.delete(slot)
  }

  /** Nothing newer will come: the run of a checkpoint that is not there any more may not stay. */
  #forgetReplaced(slot: ModelSlot): void {
    if (slot.run && slot.run.model !== slot.info?.id) slot.run = undefined
    this.#closeReplaced(slot)
  }

  #reopen(slot: ModelSlot): void {
    slot.error = undefined
    slot.stale = true
    this.#open.delete(slot)
    // what was on its way here is of the choice before
    this.#latest.cancel(`open ${slot.id}`)
    const ready = this.#ready.get(modelKey(slot.choice))
    if (ready) {
      this.#ready.delete(modelKey(slot.choice))
      this.#opened(slot, ready)
      return
    }
    const opening = this.#latest.run(`open ${slot.id}`, (signal) => this.#askModel(slot.choice, signal))
    opening
      .then((info) => {
        if (info) this.#opened(slot, info)
        this.#runAll()
      })
      .catch((error: unknown) => {
        slot.error = studioError(error)
        slot.info = undefined
        this.#forgetReplaced(slot)
      })
  }

  #opened(slot: ModelSlot, info: ModelInfo): void {
    slot.info = info
    this.#open.add(slot)
    if (info.missing.length > 0 || slot.lacks) this.#forgetReplaced(slot)
  }

  #close(slot: ModelSlot): void {
    this.#latest.cancel(`open ${slot.id}`)
    this.#runs.end(slot)
    this.#closeReplaced(slot)
    // a close that fails leaves nothing to do: the engine that held the model is gone
    if (slot.info && this.#open.delete(slot)) this.#engine.closeModel({ model: slot.info.id }).catch(() => undefined)
  }

  /** The run that the choices ask of a model, or undefined while something it needs is missing. */
  #requestOf(slot: ModelSlot, choices: Choices): Omit<RunRequest, 'want'> | undefined {
    const { info } = slot
    const picture = this.picture.info
    if (!info || !this.#open.has(slot) || info.missing.length > 0 || slot.lacks) return undefined
    if (!picture || this.picture.opening) return undefined
    // a run that is over as soon as what is being opened is there would only be in its way
    if (slot.next !== undefined || this.#openings.has('picture')) return undefined
    return {
      model: info.id,
      picture: picture.id,
      classes: trainedOrder(info.classes, slot.classes),
      gammaScale: choices.gammaScale,
      mode:
        choices.modeKind === 'whole'
          ? { kind: 'whole' }
          : {
              kind: 'slide',
              window: choices.slideWindow ?? info.window,
              stride: choices.slideStride ?? info.stride
            },
      scaling: choices.scaling
    }
  }

  /** What differs in the run of a model that takes prompts. */
  #promptedRun({ info, run }: ModelSlot, choices: Choices): PromptedRun | undefined {
    const picture = this.picture.info
    if (!info?.prompts || !picture) return undefined
    const encoded = run?.model === info.id && run.picture === picture.id ? run : undefined
    return promptedRun(info.prompts.maskSide, encoded, picture, this.slots, choices)
  }

  #runAll(): void {
    const choices = this.#choices
    if (!choices || this.#halted) return
    for (const slot of this.slots) {
      const request = this.#requestOf(slot, choices)
      if (!request) {
        if (this.picture.path === undefined || slot.lacks) this.#runs.drop(slot)
        continue
      }
      const prompted = this.#promptedRun(slot, choices)
      const key = JSON.stringify([this.epoch, request, prompted?.key])
      this.#runs.ask(slot, key, { ...request, ...prompted?.request }, prompted?.want)
    }
    this.probes.followPins(this.slots, choices.pins)
  }
}
