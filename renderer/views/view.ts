import type { Component } from 'svelte'
import type { TensorSpec } from '#models/architectures/architecture'

/** A view says what kinds of tensors it can draw, never which model. */
export interface View {
  /** also the id of its command: `view-heatmaps` */
  readonly id: string
  /** key of its name in the dictionary's `views` */
  readonly title: 'heatmaps'
  /** takes no properties: everything comes from the document (`useStudio`) */
  readonly component: Component
  /** goes into the inspector while the view is shown */
  readonly options: Component | undefined
  accepts(tensors: readonly TensorSpec[]): boolean
  /** shown once for each open model, side by side */
  readonly perModel: boolean
}
