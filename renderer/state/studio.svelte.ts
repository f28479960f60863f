import { getContext, setContext } from 'svelte'
import type { EngineStatus, Engine } from '#models/api'
import type { EngineState, Shell } from '#models/shell'
import { FIT, type Camera } from '../plots/camera'
import { EMPTY_CHOICES, type Choices, type HeatmapOptions, type PaneChoice, type Pin, type SamChoice } from './choices'
import { editClasses, type ClassEdit } from './class-edits'
import { indexOfClass, isSameList } from './class-names'
import { comparesWords } from './class-lists'
import type { EngineClient } from './engine'
import { FileOpener } from './file-opener.svelte'
import { History } from './history'
import { KnownFiles } from './known-files.svelte'
import type { ModelSlot } from './model-slot.svelte'
import { Notices } from './notices.svelte'
import type { Point } from './probes'
import { promptsFromScores, scoreSourceOf, type FromScores } from './sam-prompts'
import { dictionaries, type Words } from '../words/words'
import { Session } from './session.svelte'
import { DEFAULT_SETTINGS, type Settings } from './settings'
import { SharedScales } from './shared-scales.svelte'

export type SidePanel = 'library' | 'inspector'
export type Dialog = 'command-palette' | 'keyboard-sheet' | 'export-tensor' | 'class-names'

/** How long an ended run may take to notice before its engine is killed: graphs run to their end. */
const CANCEL_GRACE_MS = 700

/** What a view hands out so that the commands can export what its active pane shows. */
export interface PaneExporter {
  exportPane(): Promise<void>
}

/**
 * The document: what the user chose, what the engine made of it, and where the user looks. One per window, given to
 * components through the context.
 */
export class Studio {
  choices: Choices = $state.raw(EMPTY_CHOICES)
  settings: Settings = $state.raw(DEFAULT_SETTINGS)
  /** where the mouse is, in pixels of the picture; the same in every pane and view */
  hovered: Point | undefined = $state.raw()
  /** shared by all panes, which show the same picture */
  camera: Camera = $state.raw(FIT)
  /** the bare picture, while its key is held */
  bare = $state(false)
  engineState: EngineState = $state.raw({ state: 'starting' })
  engineStatus: EngineStatus | undefined = $state.raw()
  canUndo = $state(false)
  canRedo = $state(false)
  /** a view has drawn the first result */
  drawn = $state(false)
  dialog: Dialog | undefined = $state()
  /** index of the model whose class names the dialog 'class-names' asks for */
  namedModel = $state(0)
  /** the window has no room for side panels: one at a time lies over the view */
  narrow = $state(false)
  #peek: SidePanel | undefined = $state()
  #activeId: number | undefined = $state()
  /** what is typed into the search field of the class list */
  classFilter = $state('')
  /** the class whose name is being written: an index, or a new one */
  editedClass: number | 'new' | undefined = $state()
  exporter: PaneExporter | undefined = $state.raw()
  /** what the maps of all panes add to the scales that they share */
  readonly scales = new SharedScales()
  readonly notices = new Notices()
  readonly files: KnownFiles
  readonly opener = new FileOpener(this)

  readonly engine: Engine
  readonly session: Session
  readonly shell: Shell

  readonly heatmaps: HeatmapOptions = $derived(this.choices.heatmaps)
  readonly pins: readonly Pin[] = $derived(this.choices.pins)
  /** name of the chosen class, or undefined where there are no classes */
  readonly chosenName: string | undefined = $derived.by(() => {
    const classes = this.classModel?.classes ?? []
    return classes[indexOfClass(classes, this.choices.chosenClass) ?? 0]
  })

  /** what the chosen class's score map tells SAM */
  readonly samFromScores: FromScores | undefined = $derived.by(() => {
    const { info } = this.session.picture
    const source = scoreSourceOf(this.session.slots, info?.id, this.choices)
    return source && info && promptsFromScores(this.choices.sam, source, info)
  })

  readonly words: Words = $derived(dictionaries[this.settings.language])
  /** indices of the classes in the order in which they are listed, without those that the search leaves out */
  readonly orderedClasses: readonly number[] = $derived.by(() => {
    const classes = this.classModel?.classes ?? []
    const search = this.classFilter.trim().toLowerCase()
    const shown = classes.map((_, index) => index).filter((index) => classes[index]?.toLowerCase().includes(search))
    if (this.settings.classOrder === 'list') return shown
    const share = (index: number): number => this.classModel?.presence?.shares.get(classes[index] ?? '') ?? 0
    return shown.toSorted((a, b) => share(b) - share(a))
  })

  readonly #history = new History<Choices>()
  #diedOf: string | undefined
  #endedByUser = false

  constructor(client: EngineClient, shell: Shell) {
    this.engine = client.api
    this.shell = shell
    this.files = new KnownFiles(shell)
    this.session = new Session(client)
    client.onState((state) => {
      this.engineState = state
      if (state.state === 'restarting') this.#diedOf = state.reason
    })
    client.onConnect(() => {
      // an end that the user asked for is no news
      if (this.#diedOf !== undefined && !this.#endedByUser) {
        this.notices.add('info', this.words.status.recovered(this.#diedOf))
      }
      this.#diedOf = undefined
      this.#endedByUser = false
      void this.refreshStatus()
    })
  }

  get models(): readonly ModelSlot[] {
    return this.session.slots
  }

  /** Model A. */
  get lead(): ModelSlot | undefined {
    return this.session.slots[0]
  }

  /** Whose class list is the list: model A, or the first behind it that knows words where A knows none. */
  get classModel(): ModelSlot | undefined {
    return this.models.find(({ info }) => !info || comparesWords(info)) ?? this.lead
  }

  get picture(): Session['picture'] {
    return this.session.picture
  }

  get labels(): Session['labels'] {
    return this.session.labels
  }

  /** Index of the chosen class in a model's list, by name; undefined where it has no partner. */
  chosenIndex(slot: ModelSlot): number | undefined {
    return indexOfClass(slot.classes, this.chosenName)
  }

  /** The model that the inspector is about: the one that was pointed out last, else model A. */
  get active(): ModelSlot | undefined {
    return this.models.find(({ id }) => id === this.#activeId) ?? this.lead
  }

  /** Points a model out: the inspector shows its numbers. */
  activate(slot: ModelSlot): void {
    this.#activeId = slot.id
  }

  /** Whether there are several models, of which each has to be told. */
  get comparing(): boolean {
    return this.models.length > 1
  }

  /** What the labels count: the checkpoint's classes, whatever the list was edited to. */
  get labelClasses(): readonly string[] {
    return trainedClasses(this.classModel)
  }

  /** Whether a model answers for the classes that the labels count, so that the two can be compared. */
  labelsFit(slot: ModelSlot): boolean {
    return isSameList(trainedClasses(slot), this.labelClasses)
  }

  /** τ in use for a model: the chosen one, or its own. */
  tauOf(slot: ModelSlot): number {
    return this.choices.tau ?? slot.info?.tau ?? 0.07
  }

  /** Lets the pane of a model show something of its own; what is undefined follows the options of the view. */
  choosePane(slot: ModelSlot, change: PaneChoice): void {
    const index = this.models.indexOf(slot)
    const choice = this.choices.models[index]
    if (choice)
      this.choose({ models: this.choices.models.with(index, { ...choice, pane: { ...choice.pane, ...change } }) })
  }

  /** Makes a choice, which can be undone. Choices of the same `kind` in quick succession are one step. */
  choose(change: Partial<Choices>, kind?: string): void {
    this.#history.push(this.choices, kind)
    this.#apply({ ...this.choices, ...change })
  }

  /** The same for the options of the Heatmaps view. */
  chooseHeatmaps(change: Partial<HeatmapOptions>, kind?: string): void {
    this.choose({ heatmaps: { ...this.choices.heatmaps, ...change } }, kind)
  }

  /** The same for what SAM is told. */
  chooseSam(change: Partial<SamChoice>, kind?: string): void {
    this.choose({ sam: { ...this.choices.sam, ...change } }, kind)
  }

  chooseClass(name: string | undefined): void {
    if (name !== this.chosenName) this.choose({ chosenClass: name }, 'class')
  }

  /** The class `steps` further down in the list as it is shown. */
  stepClass(steps: number): void {
    const order = this.orderedClasses
    const classes = this.classModel?.classes ?? []
    const at = order.findIndex((index) => classes[index] === this.chosenName)
    const next = at < 0 ? 0 : Math.min(order.length - 1, Math.max(0, at + steps))
    this.chooseClass(classes[order[next] ?? -1] ?? this.chosenName)
  }

  /** Edits the class list. */
  editClasses(edit: ClassEdit): void {
    const { classModel } = this
    if (!classModel) return
    const { classes, chosen } = editClasses(classModel.classes, this.chosenName, edit)
    this.listClasses(this.models.indexOf(classModel), classes, chosen)
  }

  resetClasses(): void {
    if (this.classModel) this.listClasses(this.models.indexOf(this.classModel), undefined)
  }

  /** Gives a model a list of its own; undefined: back to the checkpoint's, or to what class-lists.ts says. */
  listClasses(index: number, classes: readonly string[] | undefined, chosen = this.choices.chosenClass): void {
    const choice = this.choices.models[index]
    if (choice) this.choose({ models: this.choices.models.with(index, { ...choice, classes }), chosenClass: chosen })
  }

  pin(point: Point, add: boolean): void {
    const number = 1 + Math.max(0, ...this.pins.map((pin) => pin.number))
    const pin: Pin = { number: add ? number : 1, name: '', x: point.x, y: point.y }
    this.choose({ pins: add ? [...this.pins, pin] : [pin] })
  }

  namePin(number: number, name: string): void {
    this.choose({ pins: this.pins.map((pin) => (pin.number === number ? { ...pin, name } : pin)) })
  }

  unpin(number: number): void {
    this.choose({ pins: this.pins.filter((pin) => pin.number !== number) })
  }

  hover(point: Point | undefined): void {
    this.hovered = point
    this.session.probes.hover(point)
  }

  undo(): void {
    const before = this.#history.undo(this.choices)
    if (before) this.#apply(before)
  }

  redo(): void {
    const after = this.#history.redo(this.choices)
    if (after) this.#apply(after)
  }

  isOpen(panel: SidePanel): boolean {
    if (this.narrow) return this.#peek === panel
    return panel === 'library' ? this.settings.libraryOpen : this.settings.inspectorOpen
  }

  togglePanel(panel: SidePanel): void {
    if (this.narrow) this.#peek = this.#peek === panel ? undefined : panel
    else if (panel === 'library') this.change({ libraryOpen: !this.settings.libraryOpen })
    else this.change({ inspectorOpen: !this.settings.inspectorOpen })
  }

  change(settings: Partial<Settings>): void {
    this.settings = { ...this.settings, ...settings }
  }

  /** Takes over a document as a whole (a restored workspace, the sample): where undo ends. */
  begin(choices: Choices): void {
    this.#apply(choices)
  }

  /** Ends what runs; where that does not notice, its process is killed and started again. */
  cancel(): void {
    this.session.halt()
    this.notices.add('info', this.words.status.ended)
    setTimeout(() => {
      if (this.session.tasks.list.length > 0) void this.restartEngine()
    }, CANCEL_GRACE_MS)
  }

  async restartEngine(): Promise<void> {
    this.#endedByUser = true
    await this.shell.restartEngine()
  }

  async refreshStatus(): Promise<void> {
    // a status that cannot be had is told by the engine's state
    this.engineStatus = await this.engine.status({}).catch(() => undefined)
  }

  #apply(choices: Choices): void {
    this.choices = choices
    this.canUndo = this.#history.canUndo
    this.canRedo = this.#history.canRedo
    this.session.follow(choices)
  }
}

/** The classes that a model was made for; where it takes any, those it has now. */
function trainedClasses(slot: ModelSlot | undefined): readonly string[] {
  const own = slot?.info?.classes ?? []
  return own.length > 0 ? own : (slot?.classes ?? [])
}

const STUDIO = Symbol('studio')

export function provideStudio(studio: Studio): void {
  setContext(STUDIO, studio)
}

export function useStudio(): Studio {
  return getContext<Studio>(STUDIO)
}
