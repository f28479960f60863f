import type { Engine } from '#models/api'
import type { Probe } from '#models/results-api'
import type { Pin } from './choices'
import type { ModelSlot } from './model-slot.svelte'

export interface Point {
  readonly x: number
  readonly y: number
}

/**
 * What the models say under the mouse and at the pins. The mouse moves faster than an engine that is busy can answer:
 * one question per model is under way at a time, and when it is answered the newest place is asked for.
 */
export class Probes {
  readonly #engine: Engine
  readonly #busy = new Set<ModelSlot>()
  #hover: Point | undefined
  #slots: readonly ModelSlot[] = []
  #pins: readonly Pin[] = []

  constructor(engine: Engine) {
    this.#engine = engine
  }

  hover(point: Point | undefined): void {
    this.#hover = point
    for (const slot of this.#slots) void this.#followHover(slot)
  }

  followPins(slots: readonly ModelSlot[], pins: readonly Pin[]): void {
    this.#slots = slots
    this.#pins = pins
    for (const slot of slots) void this.#probePins(slot, false)
  }

  /** Asks again, after a run. */
  refresh(slot: ModelSlot): void {
    void this.#followHover(slot)
    void this.#probePins(slot, true)
  }

  async #followHover(slot: ModelSlot): Promise<void> {
    if (this.#busy.has(slot)) return
    this.#busy.add(slot)
    try {
      let asked: Point | undefined
      do {
        asked = this.#hover
        slot.hoverProbe = asked && (await this.#ask(slot, asked))
      } while (asked !== this.#hover)
    } finally {
      this.#busy.delete(slot)
    }
  }

  async #probePins(slot: ModelSlot, again: boolean): Promise<void> {
    const pins = this.#pins
    const answers = await Promise.all(
      pins.map(async (pin): Promise<[number, Probe | undefined]> => {
        const known = again ? undefined : slot.pinProbes.get(pin.number)
        return [pin.number, known ?? (await this.#ask(slot, pin))]
      })
    )
    if (pins !== this.#pins) return
    slot.pinProbes = new Map(answers.filter((entry): entry is [number, Probe] => entry[1] !== undefined))
  }

  /** Undefined where the model cannot be asked now; what hinders it is told where it happened (run, engine). */
  async #ask(slot: ModelSlot, { x, y }: Point): Promise<Probe | undefined> {
    const { run } = slot
    if (!run) return undefined
    return this.#engine.probe({ run: run.id, x, y, logits: slot.decoded }).catch(() => undefined)
  }
}
