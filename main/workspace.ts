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

  constructor(folder: string) {
    this.document = new Stored(join(folder, 'workspace.json'), (value) => value)
    this.window = new Stored(join(folder, 'window.json'), checked(WindowState))
    this.#recent = new Stored(join(folder, 'recent-files.json'), checked(RecentFiles))
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

  /** When everything is on the disk. */
  async settled(): Promise<void> {
    await Promise.all([this.document, this.window, this.#recent].map((stored) => stored.settled()))
  }
}
