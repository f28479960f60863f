import { heatmaps } from './Heatmaps'
import type { View } from './view'

/** The views, in the order of their tabs and number keys. Adding one is its component and a line here. */
export const views: readonly View[] = [heatmaps]
