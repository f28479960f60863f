import { StudioError } from '#models/errors'

/** Things that are open, by id. What was opened twice has to be closed twice. */
export class Opened<Id extends string, Value> {
  readonly #entries = new Map<Id, { readonly value: Value; opened: number }>()

  /** @param what it is called in errors: 'picture' */
  constructor(private readonly what: string) {}

  /** Counts one more; what is open under this id already stays and is returned. */
  add(id: Id, value: Value): Value {
    const entry = this.#entries.get(id) ?? { value, opened: 0 }
    entry.opened++
    this.#entries.set(id, entry)
    return entry.value
  }

  /** Throws a StudioError `invalid` where it is not open. */
  get(id: Id): Value {
    const entry = this.#entries.get(id)
    if (!entry) throw new StudioError('invalid', `This ${this.what} is not open (any more): open it again.`)
    return entry.value
  }

  /** What is now closed for good; undefined where it is still open elsewhere, or never was. */
  close(id: Id): Value | undefined {
    const entry = this.#entries.get(id)
    if (!entry) return undefined
    entry.opened--
    if (entry.opened > 0) return undefined
    this.#entries.delete(id)
    return entry.value
  }

  /** Everything that was open, however often. */
  clear(): Value[] {
    const values = this.values()
    this.#entries.clear()
    return values
  }

  values(): Value[] {
    return Array.from(this.#entries.values(), ({ value }) => value)
  }
}
