import type { ModelInfo, RunInfo } from '#models/api'
import type { LabelSource, Probe } from '#models/results-api'
import type { StudioError } from '#models/errors'
import type { Rgb } from '#models/palettes'
import type { ModelChoice } from './choices'
import { colorOfName } from './class-colors'
import { comparesWords, listOf, namesNeeded, numberedClasses, takesAnyList } from './class-lists'
import type { SlotScores } from './sam-prompts'

export const SLOT_LETTERS = ['A', 'B', 'C', 'D'] as const
export type SlotLetter = (typeof SLOT_LETTERS)[number]

/** How much of the picture each class takes. */
export interface Presence {
  readonly from: Extract<LabelSource, 'score_map' | 'seg_logits'>
  /** share of the pixels, 0..1, by class name: the list may have been edited since */
  readonly shares: ReadonlyMap<string, number>
}

/** An open model, and what became of its last run. */
export class ModelSlot {
  /** tells slots apart over their life, wherever they stand */
  readonly id: number
  letter: SlotLetter = $state('A')
  choice: ModelChoice = $state.raw({ path: '', classes: undefined })
  /** undefined until it was opened once; stays while a new engine opens it again */
  info: ModelInfo | undefined = $state.raw()
  /** why the file could not be opened */
  error: StudioError | undefined = $state.raw()
  run: RunInfo | undefined = $state.raw()
  runError: StudioError | undefined = $state.raw()
  /** why the score map is all there is: the decoder does not take these classes */
  decoderError: StudioError | undefined = $state.raw()
  /** a newer answer than `run` is on its way */
  stale = $state(false)
  /** why it could not be opened in another way (with other files, as another system): it stays as it was */
  changeError: StudioError | undefined = $state.raw()
  /** the checkpoint that is being opened to stand here instead */
  next: ModelChoice | undefined = $state.raw()
  /** the decoder's logits of `run` are there, so asking for them is quick */
  decoded = $state(false)
  presence: Presence | undefined = $state.raw()
  /** its score map, of one pass over the whole picture; stays what it was until there is a newer one */
  scores: SlotScores | undefined = $state.raw()
  /** what it says at the hovered pixel */
  hoverProbe: Probe | undefined = $state.raw()
  /** and at each pin, by the pin's number */
  pinProbes: ReadonlyMap<number, Probe> = $state.raw(new Map())

  /** `run` answers older choices: what shows it marks it as old */
  readonly old: boolean = $derived(this.run !== undefined && (this.stale || this.next !== undefined))
  /** what it has itself: names chosen for it, or its checkpoint's */
  readonly ownClasses: readonly string[] | undefined = $derived(listOf(this.choice, this.info))
  /** the list in use, by the rule of class-lists.ts */
  readonly classes: readonly string[] = $derived.by(() => {
    const own = this.ownClasses ?? numberedClasses(this.info)
    if (own || !this.info || !takesAnyList(this.info)) return own ?? []
    return this.#lender()?.ownClasses ?? []
  })
  /** words can be added to its list: a text encoder takes them, and their number is free */
  readonly takesNewNames: boolean = $derived(
    this.info !== undefined && this.info.nameTokens !== undefined && namesNeeded(this.info) === undefined
  )
  /** what the user has to give before it can be run */
  readonly lacks: 'files' | 'classes' | undefined = $derived.by(() => {
    if (!this.info) return undefined
    if (this.info.needs && this.info.needs.length > 0) return 'files'
    return comparesWords(this.info) && this.classes.length === 0 ? 'classes' : undefined
  })
  /** RGB beside `classes` */
  readonly palette: readonly Rgb[] = $derived(this.classes.map((name) => this.colorOf(name)))
  readonly #colors = $derived(new Map(this.info?.classes.map((name, index) => [name, this.info?.palette[index]])))

  /** the model whose list is taken over by those that have none */
  readonly #lender: () => ModelSlot | undefined

  constructor(id: number, choice: ModelChoice, lender: () => ModelSlot | undefined) {
    this.id = id
    this.choice = choice
    this.#lender = lender
  }

  /** The checkpoint's own, or that of the model whose list it shares; made from the name where neither knows it. */
  colorOf(name: string): Rgb {
    return this.ownColor(name) ?? this.#lender()?.ownColor(name) ?? colorOfName(name)
  }

  /** The checkpoint's own colour of a class. */
  ownColor(name: string): Rgb | undefined {
    return this.#colors.get(name)
  }

  get fileName(): string {
    return this.info?.fileName ?? fileNameOf(this.choice.path)
  }

  has(tensor: string): boolean {
    return this.info?.tensors.some((spec) => spec.name === tensor) ?? false
  }
}

/** The last part of a path of either kind. */
export function fileNameOf(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path
}
