import type { LabelSource, ModelInfo, Probe, RunInfo } from '#models/api'
import type { StudioError } from '#models/errors'
import type { Rgb } from '#models/palettes'
import type { ModelChoice } from './choices'
import { colorOfName } from './class-colors'

export const SLOT_LETTERS = ['A', 'B', 'C', 'D'] as const
export type SlotLetter = (typeof SLOT_LETTERS)[number]

/** How much of the picture each class takes. */
export interface Presence {
  readonly from: LabelSource
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
  /** the checkpoint that is being opened to stand here instead */
  next: ModelChoice | undefined = $state.raw()
  /** the decoder's logits of `run` are there, so asking for them is quick */
  decoded = $state(false)
  presence: Presence | undefined = $state.raw()
  /** what it says at the hovered pixel */
  hoverProbe: Probe | undefined = $state.raw()
  /** and at each pin, by the pin's number */
  pinProbes: ReadonlyMap<number, Probe> = $state.raw(new Map())

  /** `run` answers older choices: what shows it marks it as old */
  readonly old: boolean = $derived(this.run !== undefined && (this.stale || this.next !== undefined))
  /** the list in use: edited, or the checkpoint's own */
  readonly classes: readonly string[] = $derived(this.choice.classes ?? this.info?.classes ?? [])
  /** RGB beside `classes` */
  readonly palette: readonly Rgb[] = $derived(this.classes.map((name) => this.colorOf(name)))
  readonly #colors = $derived(new Map(this.info?.classes.map((name, index) => [name, this.info?.palette[index]])))

  constructor(id: number, choice: ModelChoice) {
    this.id = id
    this.choice = choice
  }

  /** The checkpoint's own for names that it knows, made from the name for the others. */
  colorOf(name: string): Rgb {
    return this.#colors.get(name) ?? colorOfName(name)
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
