import type { ModelInfo } from '#models/api'
import { OVERLAY_KINDS, type OverlayKind } from '../../state/choices'
import type { ModelSlot } from '../../state/model-slot.svelte'
import type { Studio } from '../../state/studio.svelte'
import type { ShownKind } from './overlay-data.svelte'
import { isSamKind, kindFor } from './sam-shown'
import { SCORE_TENSORS, type ScoreTensor } from './score-tensor'

/* What the pane of a model shows: what was chosen for it, else what the toolbar says. */

export function overlayOf({ heatmaps }: Studio, slot: ModelSlot): OverlayKind {
  return kindFor(slot, slot.choice.pane?.overlay ?? heatmaps.overlay)
}

/** The score map that is chosen for a model; as computed where it has no other. */
export function scoreTensorOf({ heatmaps }: Studio, slot: ModelSlot): ScoreTensor {
  const chosen = slot.choice.pane?.scoreTensor ?? heatmaps.scoreTensor
  return scoreTensorsOf(slot).find((tensor) => tensor === chosen) ?? 'score_map'
}

/** Names of the tensors with a vector a cell. */
export function featureTensorsOf(info: ModelInfo | undefined): readonly string[] {
  const isFeature = (kind: string): boolean => kind === 'feature-map' || kind === 'embedding-map'
  return (info?.tensors ?? []).filter(({ kind }) => isFeature(kind)).map(({ name }) => name)
}

export function scoreTensorsOf(slot: ModelSlot): readonly ScoreTensor[] {
  return SCORE_TENSORS.filter((tensor) => slot.has(tensor))
}

/** The tensor without which a kind cannot be shown, if any. */
export function neededTensor(kind: ShownKind, features: string, scores: ScoreTensor): string | undefined {
  switch (kind) {
    case 'score_map':
    case 'loss-score':
      return 'score_map'
    case 'score-argmax':
      return scores
    case 'decoder-argmax':
    case 'loss-decoder':
    case 'logits':
      return 'seg_logits'
    case 'feature':
    case 'similar':
      return features
    default:
      return undefined
  }
}

/** The kinds that a model gives. */
export function overlaysOf(slot: ModelSlot): readonly OverlayKind[] {
  const [features = ''] = featureTensorsOf(slot.info)
  return OVERLAY_KINDS.filter((kind) => {
    if (isSamKind(kind)) return slot.info?.prompts !== undefined
    const tensor = neededTensor(kind, features, 'score_map')
    return tensor === undefined || slot.has(tensor)
  })
}
