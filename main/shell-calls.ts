import type { Shell } from '#models/shell'

/** The methods of Shell that main answers. The others live in the preload: `platform`, `pathForFile`, the listeners. */
export const SHELL_CALLS = [
  'samples',
  'chooseFiles',
  'kindOfPath',
  'companionsBeside',
  'classLists',
  'saveExport',
  'rasterize',
  'recentFiles',
  'addRecentFile',
  'clearRecentFiles',
  'outputMeanings',
  'saveOutputMeanings',
  'loadWorkspace',
  'saveWorkspace',
  'setTheme',
  'restartEngine',
  'engineState'
] as const satisfies readonly (keyof Shell)[]

export type ShellCall = (typeof SHELL_CALLS)[number]

/** The channel that carries calls of `method`, from the page to main. */
export function callChannel(method: ShellCall): string {
  return `shell:${method}`
}

/** An answer of main. An error goes as its text: anything else that it carries is lost on the way to the page. */
export type ShellReply = { readonly value: unknown } | { readonly error: string }

/** What main tells the page, unasked. */
export const SHELL_EVENTS = {
  engineState: 'shell:engine-state',
  menuCommand: 'shell:menu-command',
  openPaths: 'shell:open-paths'
} as const

/** Carries the request for a port one way, and the port the other. */
export const ENGINE_PORT_CHANNEL = 'shell:engine-port'
