import type { Language, Theme } from '#models/shell'

/** How the window is set up. Kept with the workspace, but no part of undo. */
export interface Settings {
  readonly theme: Theme
  readonly language: Language
  /** id of the view that is shown */
  readonly view: string
  readonly classOrder: 'presence' | 'list'
  /** what the probe compares several models by */
  readonly probeMeasure: 'cosine' | 'logit'
  readonly libraryOpen: boolean
  readonly inspectorOpen: boolean
  /** pixels; undefined: as laid out at first */
  readonly libraryWidth: number | undefined
  readonly inspectorWidth: number | undefined
  /** hints that the user dismissed: they never come back */
  readonly hintsSeen: readonly string[]
}

export const DEFAULT_SETTINGS: Settings = {
  theme: 'system',
  language: 'en',
  view: 'heatmaps',
  classOrder: 'presence',
  probeMeasure: 'cosine',
  libraryOpen: true,
  inspectorOpen: true,
  libraryWidth: undefined,
  inspectorWidth: undefined,
  hintsSeen: []
}
