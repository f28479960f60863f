import type { LabelSource } from '#models/results-api'
import type { Unit } from '#models/figures/numbers'

/** The score maps that a model may have: as computed, and MaskCLIP's before and after refinement. */
export const SCORE_TENSORS = [
  'score_map',
  'score_map_denoised',
  'score_map_smoothed'
] as const satisfies readonly LabelSource[]
export type ScoreTensor = (typeof SCORE_TENSORS)[number]

export const SCORE_UNITS: Readonly<Record<ScoreTensor, Unit>> = {
  score_map: 'cosine',
  score_map_denoised: 'cosine',
  score_map_smoothed: 'summed probability'
}

/** What denoising gives a class that it removes, everywhere. */
const REMOVED = -1

/** The values that a range is taken of: removed classes would pull it down to where nothing else is. */
export function countedValues(tensor: ScoreTensor, values: Float32Array): Float32Array {
  return tensor === 'score_map_denoised' ? values.filter((value) => value !== REMOVED) : values
}

/** Whether denoising has removed the class whose maps these are. */
export function isRemoved(tensor: ScoreTensor, maps: readonly { readonly values: Float32Array }[]): boolean {
  return maps.every(({ values }) => values.length > 0 && countedValues(tensor, values).length === 0)
}
