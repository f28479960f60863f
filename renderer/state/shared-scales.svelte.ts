import { SvelteMap } from 'svelte/reactivity'
import type { SlotLetter } from './model-slot.svelte'

export type Range = readonly [low: number, high: number]

/** What one map adds to a scale that several share. */
export interface ScalePart {
  /** maps of one unit can have one scale: 'cosine', 'logit', 'nats' */
  readonly unit: string
  readonly letter: SlotLetter
  readonly range: Range
}

/** Scales over all maps of one unit that are on screen, whichever model they are of: so they compare at sight. */
export class SharedScales {
  readonly #parts = new SvelteMap<object, ScalePart>()

  /** Adds what `owner` shows, in the place of what it showed before. */
  set(owner: object, part: ScalePart): void {
    this.#parts.set(owner, part)
  }

  remove(owner: object): void {
    this.#parts.delete(owner)
  }

  /** The range over all, and whose maps it is of; undefined where nothing of the unit is shown. */
  of(unit: string): { readonly range: Range; readonly letters: readonly SlotLetter[] } | undefined {
    const parts = [...this.#parts.values()].filter((part) => part.unit === unit)
    if (parts.length === 0) return undefined
    return {
      range: [Math.min(...parts.map(({ range }) => range[0])), Math.max(...parts.map(({ range }) => range[1]))],
      letters: [...new Set(parts.map(({ letter }) => letter))].sort()
    }
  }
}
