import type { Component } from 'svelte'
import type { TensorSpec } from '#models/architectures/architecture'

/** A view says what kinds of tensors it can draw, never which model. */
export interface View {
  /** also the id of its command: `view-heatmaps` */
  readonly id: string
  /** key of its name in the dictionary's `views` */
  readonly title: 'heatmaps' | 'checkpoint'
  /** takes no properties: everything comes from the document (`useStudio`) */
  readonly component: Component
  /** goes into the inspector while the view is shown */
  readonly options: Component | undefined
  /** what has to be open before it has something to show */
  readonly needs: 'picture' | 'nothing'
  accepts(tensors: readonly TensorSpec[]): boolean
  /** shown once for each open model, side by side */
  readonly perModel: boolean
}
