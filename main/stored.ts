import { readFile, rename, stat } from 'node:fs/promises'
import { StudioError } from '#models/errors'
import { writeFilesAtomically } from './atomic-write'

/** A workspace of a hundred pinned probes and thousands of class names is far below; what is above is a mistake. */
export const MAX_STORED_BYTES = 8 << 20

/**
 * A JSON value in a file of the user-data folder. `check` gives the value as it may be used, or undefined where it is
 * not one; such a file is put aside (`.broken`) instead of being lost or read again.
 */
export class Stored<T> {
  /** reads and writes go one after the other */
  #last: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly path: string,
    private readonly check: (value: unknown) => T | undefined
  ) {}

  /** The value, or undefined where none was written. */
  read(): Promise<T | undefined> {
    return this.#inTurn(() => this.#readNow())
  }

  /** Throws where the value is too large or the disk refuses it; what was there then stays. */
  write(value: T): Promise<void> {
    return this.#inTurn(() => this.#writeNow(value))
  }

  /** Reads and writes in one turn, so that no other change comes between. */
  update(change: (value: T | undefined) => T): Promise<void> {
    return this.#inTurn(async () => this.#writeNow(change(await this.#readNow())))
  }

  /** When all that was asked for is done. */
  async settled(): Promise<void> {
    await this.#last
  }

  #inTurn<R>(work: () => Promise<R>): Promise<R> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #readNow(): Promise<T | undefined> {
    const value = await this.#parsed()
    if (value === undefined) await rename(this.path, `${this.path}.broken`).catch(() => undefined) // mostly there is none
    return value
  }

  async #parsed(): Promise<T | undefined> {
    try {
      if ((await stat(this.path)).size > MAX_STORED_BYTES) return undefined
      return this.check(JSON.parse(await readFile(this.path, 'utf8')))
    } catch {
      return undefined
    }
  }

  async #writeNow(value: T): Promise<void> {
    const bytes = Buffer.from(JSON.stringify(value))
    if (bytes.length > MAX_STORED_BYTES) {
      throw new StudioError('limit', 'This is too large to be kept for the next start: close something.')
    }
    await writeFilesAtomically([{ path: this.path, bytes }])
  }
}
