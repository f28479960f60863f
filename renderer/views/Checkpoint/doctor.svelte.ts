import type { OpenModelRequest } from '#models/api'
import type { Comparison, Inspection } from '#models/doctor-api'
import type { StudioError } from '#models/errors'
import { isFull, openBeside } from '../../state/side-by-side'
import { SLOT_LETTERS, fileNameOf } from '../../state/model-slot.svelte'
import { studioError } from '../../state/resource.svelte'
import type { Studio } from '../../state/studio.svelte'
import type { Order } from './compared'
import type { Flag } from './entries'

/** What is looked into: an open model, or a file that is open as none. */
export interface Subject {
  readonly source: OpenModelRequest
  /** index of the model */
  readonly index: number | undefined
  /** 'A · model.pth' */
  readonly name: string
}

/** An answer that took reading all weights, kept with what was asked. */
interface Answer<Value> {
  readonly asked: string
  readonly value: Value
}

/** What the Checkpoint view has found out and how it is set up: kept while another view is shown. */
export class Doctor {
  shown: 'tensors' | 'compare' = $state('tensors')
  search = $state('')
  flag: Flag | undefined = $state()
  /** name of the key that is looked at */
  key: string | undefined = $state()
  /** branches that were opened or closed by hand */
  toggled: ReadonlySet<string> = $state.raw(new Set())
  logarithmic = $state(false)
  order: Order = $state('relativeL2')
  onlyDifferences = $state(true)
  compareSearch = $state('')
  /** name of the row that is looked at */
  comparedKey: string | undefined = $state()

  #counted: Answer<Inspection> | undefined = $state.raw()
  #compared: Answer<Comparison | undefined> | undefined = $state.raw()
  counting = $state(false)
  comparing = $state(false)
  countError: StudioError | undefined = $state.raw()
  compareError: StudioError | undefined = $state.raw()

  readonly #studio: Studio

  constructor(studio: Studio) {
    this.#studio = studio
  }

  // getters, since it outlives the component that it was made in, and what is derived would end with that
  get subject(): Subject | undefined {
    const { path, model } = this.#studio.choices.doctor
    return path === undefined
      ? (this.#model(model) ?? this.#model(0))
      : { source: { path }, index: undefined, name: fileNameOf(path) }
  }

  get against(): Subject | undefined {
    const { against } = this.#studio.choices.doctor
    if (typeof against === 'string') return { source: { path: against }, index: undefined, name: fileNameOf(against) }
    return against === undefined ? undefined : this.#model(against)
  }

  #model(index: number): Subject | undefined {
    const choice = this.#studio.choices.models[index]
    if (!choice) return undefined
    const { path, overrides, as, companions } = choice
    return {
      source: { path, overrides, as, companions },
      index,
      name: `${SLOT_LETTERS[index] ?? ''} · ${fileNameOf(path)}`
    }
  }

  /** With the count of what is not finite, once that was asked for. */
  get counted(): Inspection | undefined {
    return this.#counted?.asked === keyOf(this.subject) ? this.#counted.value : undefined
  }

  async count(): Promise<void> {
    const { subject } = this
    if (!subject) return
    this.counting = true
    this.countError = undefined
    try {
      const value = await this.#studio.session.work('count', subject.name, (context) =>
        this.#studio.engine.inspect({ ...subject.source, countNotFinite: true }, context)
      )
      if (value) this.#counted = { asked: keyOf(subject), value }
    } catch (error) {
      this.countError = studioError(error)
    } finally {
      this.counting = false
    }
  }

  /** undefined: not asked yet, or ended */
  get comparison(): Comparison | undefined {
    return this.#isCompared ? this.#compared?.value : undefined
  }

  /** It was asked for and ended before it was there. */
  get wasEnded(): boolean {
    return !this.comparing && this.#isCompared && this.#compared?.value === undefined && !this.compareError
  }

  get #isCompared(): boolean {
    return this.#compared?.asked === this.#pairKey
  }

  get #pairKey(): string {
    return JSON.stringify([this.subject?.source, this.against?.source])
  }

  /** Compares the two that are chosen, unless that was done. */
  follow(): void {
    if (this.subject && this.against && !this.#isCompared) void this.compare()
  }

  async compare(): Promise<void> {
    const { subject, against } = this
    if (!subject || !against) return
    const asked = this.#pairKey
    this.#compared = { asked, value: undefined }
    this.comparing = true
    this.compareError = undefined
    try {
      const value = await this.#studio.session.work('compare', `${subject.name}, ${against.name}`, (context) =>
        this.#studio.engine.compareCheckpoints({ first: subject.source, second: against.source }, context)
      )
      if (this.#compared.asked === asked) this.#compared = { asked, value }
    } catch (error) {
      if (this.#compared.asked === asked) this.compareError = studioError(error)
    } finally {
      if (this.#compared.asked === asked) this.comparing = false
    }
  }

  look(change: Partial<Studio['choices']['doctor']>): void {
    this.#studio.choose({ doctor: { ...this.#studio.choices.doctor, ...change } })
  }

  /** Each takes the other's place. */
  swap(): void {
    const { subject, against } = this
    if (!subject || !against) return
    this.look({
      path: against.index === undefined ? against.source.path : undefined,
      model: against.index ?? 0,
      against: subject.index ?? subject.source.path
    })
  }
}

const keyOf = (subject: Subject | undefined): string => JSON.stringify(subject?.source)

const doctors = new WeakMap<Studio, Doctor>()

/** The one of this window. */
export function doctorOf(studio: Studio): Doctor {
  const known = doctors.get(studio)
  if (known) return known
  const made = new Doctor(studio)
  doctors.set(studio, made)
  return made
}

/** Opens a file as a model beside those that are open, or in the place of the first where there is no room; and looks at it. */
export async function openAsModel(studio: Studio, source: OpenModelRequest): Promise<void> {
  const at = isFull(studio) ? 0 : studio.choices.models.length
  if (at === 0) await studio.opener.openModel(source)
  else await openBeside(studio, source)
  if (studio.choices.models[at]?.path !== source.path) return
  studio.choose({ doctor: { ...studio.choices.doctor, path: undefined, model: at } })
}

/** Shows the inside of a file that is open as no model. */
export function lookInside(studio: Studio, path: string): void {
  studio.choose({ doctor: { ...studio.choices.doctor, path } })
  studio.change({ view: 'checkpoint' })
}
