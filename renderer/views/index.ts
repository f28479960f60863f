import Checkpoint from './Checkpoint/Checkpoint.svelte'
import Heatmaps from './Heatmaps/Heatmaps.svelte'
import HeatmapsOptions from './Heatmaps/HeatmapsOptions.svelte'
import type { View } from './view'

/** The views, in the order of their tabs and number keys. Adding one is its component and a line here. */
export const views: readonly View[] = [
  {
    id: 'heatmaps',
    title: 'heatmaps',
    component: Heatmaps,
    options: HeatmapsOptions,
    needs: 'picture',
    accepts: (tensors) => tensors.some(({ axes }) => axes.includes('row') && axes.includes('column')),
    perModel: true
  },
  {
    id: 'checkpoint',
    title: 'checkpoint',
    component: Checkpoint,
    options: undefined,
    needs: 'nothing',
    accepts: () => true,
    perModel: false
  }
]
