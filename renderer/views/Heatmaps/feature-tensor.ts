import type { TensorRef } from '#models/api'
import type { HeatmapOptions } from '../../state/choices'
import type { ModelSlot } from '../../state/model-slot.svelte'
import type { Studio } from '../../state/studio.svelte'

const SAM_EMBEDDING = 'image_embedding'

/** The tensor that a pane's features are of: the chosen one; SAM, which has none of the usual, shows its embedding. */
export function featureTensorOf(slot: ModelSlot, options: HeatmapOptions): string {
  const chosen = slot.choice.pane?.featureTensor ?? options.featureTensor
  return slot.info?.prompts && !slot.has(chosen) ? SAM_EMBEDDING : chosen
}

/** The features of SAM that are joined to those of another model, where that is chosen and both have run. */
export function joinedTensor({ heatmaps, models }: Studio, slot: ModelSlot): TensorRef | undefined {
  if (!heatmaps.joinSam || slot.info?.prompts) return undefined
  const run = models.find(({ info }) => info?.prompts !== undefined)?.run
  return run && run.picture === slot.run?.picture ? { run: run.id, name: SAM_EMBEDDING } : undefined
}
