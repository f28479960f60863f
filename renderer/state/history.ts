/** Changes of one kind that follow one another this fast are one step: a dragged slider is undone at once. */
const MERGE_WITHIN_MS = 800
/** Steps kept; a choice is a few kilobytes at most, so this bounds the memory well below a megabyte. */
const MAX_STEPS = 200

/** Undo and redo over immutable values. */
export class History<T> {
  #past: T[] = []
  #future: T[] = []
  #lastKind: string | undefined
  #lastAt = -Infinity

  get canUndo(): boolean {
    return this.#past.length > 0
  }

  get canRedo(): boolean {
    return this.#future.length > 0
  }

  /** Notes that `before` was left behind. Steps of the same `kind` in quick succession become one. */
  push(before: T, kind?: string, now = performance.now()): void {
    const merge = kind !== undefined && kind === this.#lastKind && now - this.#lastAt < MERGE_WITHIN_MS
    if (!merge) this.#past.push(before)
    if (this.#past.length > MAX_STEPS) this.#past.shift()
    this.#future = []
    this.#lastKind = kind
    this.#lastAt = now
  }

  /** The value before the last step, or undefined; `current` is what redo comes back to. */
  undo(current: T): T | undefined {
    return this.#step(this.#past, this.#future, current)
  }

  redo(current: T): T | undefined {
    return this.#step(this.#future, this.#past, current)
  }

  #step(from: T[], to: T[], current: T): T | undefined {
    const value = from.pop()
    if (value === undefined) return undefined
    to.push(current)
    this.#lastKind = undefined
    return value
  }
}
