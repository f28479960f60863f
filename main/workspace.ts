import { join } from 'node:path'
import * as v from 'valibot'
import type { RecentFile } from '#models/shell'
import { Stored } from './stored'

/* What is kept from one start to the next, each in a file of its own in the user-data folder. */

const MAX_RECENT_FILES = 20

const RecentFiles = v.pipe(
  v.array(v.object({ path: v.string(), kind: v.picklist(['checkpoint', 'picture']), openedAt: v.number() })),
  v.maxLength(MAX_RECENT_FILES)
)

/** SHA-256, hex. */
export const Hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
/** What a user said of a file that is run as it is: `output:NAME` → its meaning, and the like. */
export const OutputMeanings = v.record(
  v.pipe(v.string(), v.maxLength(1000)),
  v.union([v.number(), v.pipe(v.string(), v.maxLength(100)), v.boolean(), v.array(v.number())])
)
type OutputMeanings = v.InferOutput<typeof OutputMeanings>
/** Files whose outputs are remembered; the ones that were mapped longest ago leave first. */
const MAX_MAPPED_FILES = 500
/** A list, since the order of an object's keys is not always that in which they came. */
const MappedFiles = v.pipe(v.array(v.object({ hash: Hash, meanings: OutputMeanings })), v.maxLength(MAX_MAPPED_FILES))

const WindowState = v.object({
  x: v.number(),
  y: v.number(),
  width: v.number(),
  height: v.number(),
  isMaximized: v.boolean(),
  theme: v.picklist(['light', 'dark', 'system'])
})
/** Where the window was, in screen coordinates, and the theme that its first frame is drawn in. */
export type WindowState = v.InferOutput<typeof WindowState>

function checked<Schema extends v.GenericSchema>(schema: Schema) {
  return (value: unknown): v.InferOutput<Schema> | undefined => {
    const result = v.safeParse(schema, value)
    return result.success ? result.output : undefined
  }
}

export class Workspace {
  /** the page's own document and settings; main knows nothing of what is in it, and the page checks it */
  readonly document: Stored<unknown>
  readonly window: Stored<WindowState>
  readonly #recent: Stored<RecentFile[]>
  readonly #mapped: Stored<v.InferOutput<typeof MappedFiles>>

  constructor(folder: string) {
    this.document = new Stored(join(folder, 'workspace.json'), (value) => value)
    this.window = new Stored(join(folder, 'window.json'), checked(WindowState))
    this.#recent = new Stored(join(folder, 'recent-files.json'), checked(RecentFiles))
    this.#mapped = new Stored(join(folder, 'output-meanings.json'), checked(MappedFiles))
  }

  /** Newest first. */
  async recentFiles(): Promise<readonly RecentFile[]> {
    return (await this.#recent.read()) ?? []
  }

  addRecentFile({ path, kind }: Omit<RecentFile, 'openedAt'>, now = Date.now()): Promise<void> {
    return this.#recent.update((files = []) =>
      [{ path, kind, openedAt: now }, ...files.filter((file) => file.path !== path)].slice(0, MAX_RECENT_FILES)
    )
  }

  clearRecentFiles(): Promise<void> {
    return this.#recent.write([])
  }

  async outputMeanings(hash: string): Promise<OutputMeanings | undefined> {
    return (await this.#mapped.read())?.find((file) => file.hash === hash)?.meanings
  }

  saveOutputMeanings(hash: string, meanings: OutputMeanings): Promise<void> {
    return this.#mapped.update((files = []) =>
      [{ hash, meanings }, ...files.filter((file) => file.hash !== hash)].slice(0, MAX_MAPPED_FILES)
    )
  }

  /** When everything is on the disk. */
  async settled(): Promise<void> {
    await Promise.all([this.document, this.window, this.#recent, this.#mapped].map((stored) => stored.settled()))
  }
}
