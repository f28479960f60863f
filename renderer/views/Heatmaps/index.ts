import type { View } from '../view'
import Heatmaps from './Heatmaps.svelte'
import HeatmapsOptions from './HeatmapsOptions.svelte'

/** The picture with what a model sees over it. */
export const heatmaps: View = {
  id: 'heatmaps',
  title: 'heatmaps',
  component: Heatmaps,
  options: HeatmapsOptions,
  needs: 'picture',
  // a pane a model: whatever has cells over the picture
  accepts: (tensors) =>
    tensors.some(({ kind }) => ['feature-map', 'embedding-map', 'score-map', 'logits'].includes(kind)),
  perModel: true
}
