import type { TensorSpec } from './architecture'
import { tensorSpec } from './tensor-spec'

export const IMAGE_EMBEDDING = tensorSpec(
  'image_embedding',
  'feature-map',
  'the picture as the mask decoder takes it, behind the neck'
)

/** Outputs of the blocks that see the whole grid, by their indices. */
export function globalBlocks(indices: readonly number[], count: number): readonly TensorSpec[] {
  return indices.map((index) =>
    tensorSpec(
      `block_${index + 1}`,
      'feature-map',
      `cells behind block ${index + 1} of ${count}, which sees the whole picture`
    )
  )
}

/** What each set of prompts gives. */
export const PROMPTED: readonly TensorSpec[] = [
  tensorSpec('sparse_embedding', 'prompt-embedding', 'points and corners of boxes as the mask decoder takes them'),
  tensorSpec('dense_embedding', 'feature-map', 'the mask prompt as it is added to the picture'),
  ...answer('multi', 'three masks for prompts that leave doubt'),
  ...answer('single', 'one mask for prompts that leave no doubt')
]

function answer(name: 'multi' | 'single', what: string): TensorSpec[] {
  return [
    tensorSpec(`low_res_masks_${name}`, 'masks', `${what}: logits at four times the grid, above 0 inside`),
    tensorSpec(`iou_predictions_${name}`, 'mask-scores', `${what}: the IoU that the model expects`)
  ]
}
