import type { CompanionName, Overrides } from './architectures/architecture'

/* The contract between the window and main's process: dialogs, files, settings, and how the engine's process stands. */

export type Theme = 'light' | 'dark' | 'system'
export type Language = 'en' | 'ko'

/** What kind of thing a path is, as main sees it from name and first bytes. */
export type DroppedKind = 'checkpoint' | 'picture' | 'labels' | 'folder' | 'unknown'

export interface RecentFile {
  readonly path: string
  readonly kind: 'checkpoint' | 'picture'
  readonly openedAt: number
}

export interface SampleFiles {
  readonly checkpoint: string
  readonly checkpoints: readonly string[]
  /** pictures with their label maps, first the one to show */
  readonly pictures: readonly { readonly picture: string; readonly labels: string; readonly domain: string }[]
}

/** Class names of a data set, in its order. */
export interface ClassList {
  readonly name: string
  readonly classes: readonly string[]
}

/** A file to write: one dialog names the first, the others go beside it with their own endings. */
export interface ExportFile {
  /** ending without the dot: 'svg', 'png', 'json', 'npy' */
  readonly extension: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** How the engine's process stands, as main supervises it. */
export type EngineState =
  | { readonly state: 'starting' }
  | { readonly state: 'ready' }
  /** it died; main starts it again */
  | { readonly state: 'restarting'; readonly reason: string }
  /** it died too often in a short time */
  | { readonly state: 'failed'; readonly reason: string }

/** What main does for the window: dialogs, files, settings. Exposed by the preload as `window.shell`. */
export interface Shell {
  readonly platform: string
  samples(): Promise<SampleFiles>
  /** Paths the user chose; [] if none. */
  chooseFiles(request: { kind: 'checkpoint' | 'picture' | 'labels' }): Promise<readonly string[]>
  /** The path of a dropped file (Electron's webUtils; works in the preload alone). */
  pathForFile(file: unknown): string
  kindOfPath(request: { path: string }): Promise<DroppedKind>
  /** Files in the folder of a checkpoint that by their names belong to it, by what they are to it. */
  companionsBeside(request: { path: string }): Promise<Readonly<Partial<Record<CompanionName, readonly string[]>>>>
  /** Of the data sets that models of this field are trained on. */
  classLists(): Promise<readonly ClassList[]>
  /** Asks where, then writes; the path of the first file, or undefined if the user cancelled. */
  saveExport(request: { suggestedName: string; files: readonly ExportFile[] }): Promise<string | undefined>
  /** Rasterises an SVG by the same renderer and fonts on every machine; the PNG's bytes. */
  rasterize(request: { svg: string; width: number }): Promise<Uint8Array<ArrayBuffer>>
  recentFiles(): Promise<readonly RecentFile[]>
  addRecentFile(request: { path: string; kind: 'checkpoint' | 'picture' }): Promise<void>
  clearRecentFiles(): Promise<void>
  /** What a user said of the outputs of a file with this SHA-256, wherever it lay then; undefined where nothing. */
  outputMeanings(request: { hash: string }): Promise<Overrides | undefined>
  saveOutputMeanings(request: { hash: string; meanings: Overrides }): Promise<void>
  /** The last saved document and settings, or undefined; the window validates it. */
  loadWorkspace(): Promise<unknown>
  saveWorkspace(request: { workspace: unknown }): Promise<void>
  setTheme(request: { theme: Theme }): Promise<void>
  /** Ends the engine's process at once (a run cannot be stopped otherwise); main starts a new one. */
  restartEngine(): Promise<void>
  engineState(): Promise<EngineState>
  onEngineState(listener: (state: EngineState) => void): () => void
  /** A command chosen in the application menu, by the id that the command palette uses. */
  onMenuCommand(listener: (command: string) => void): () => void
  /** Files given on the command line or opened by the system while the studio runs. */
  onOpenPaths(listener: (paths: readonly string[]) => void): () => void
}

/**
 * How the page gets its direct channel to the engine: it posts ENGINE_PORT_REQUEST to its own window, the preload asks
 * main, and a `message` event with ENGINE_PORT_REPLY and one MessagePort comes back; again after every restart.
 */
export const ENGINE_PORT_REQUEST = 'engine-port-request'
export const ENGINE_PORT_REPLY = 'engine-port'
