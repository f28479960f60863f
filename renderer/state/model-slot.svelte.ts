import type { LabelSource, ModelInfo, Probe, RunInfo } from '#models/api'
import type { StudioError } from '#models/errors'
import type { ModelChoice } from './choices'
import { classColors } from './class-colors'

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
  /** `run` answers older choices; the newer answer is on its way */
  old = $state(false)
  /** the decoder's logits of `run` are there, so asking for them is quick */
  decoded = $state(false)
  presence: Presence | undefined = $state.raw()
  /** what it says at the hovered pixel */
  hoverProbe: Probe | undefined = $state.raw()
  /** and at each pin, by the pin's number */
  pinProbes: ReadonlyMap<number, Probe> = $state.raw(new Map())

  /** the list in use: edited, or the checkpoint's own */
  readonly classes: readonly string[] = $derived(this.choice.classes ?? this.info?.classes ?? [])
  /** RGB beside `classes` */
  readonly palette = $derived(classColors(this.classes, this.info?.classes ?? [], this.info?.palette ?? []))

  constructor(id: number, choice: ModelChoice) {
    this.id = id
    this.choice = choice
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
