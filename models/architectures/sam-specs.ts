import type { TensorSpec } from './architecture'

export const IMAGE_EMBEDDING: TensorSpec = {
  name: 'image_embedding',
  kind: 'feature-map',
  axes: ['batch', 'channel', 'row', 'column'],
  unit: 'feature',
  meaning: 'the picture as the mask decoder takes it, behind the neck'
}

/** Outputs of the blocks that see the whole grid, by their indices. */
export function globalBlocks(indices: readonly number[], count: number): readonly TensorSpec[] {
  return indices.map((index) => ({
    name: `block_${index + 1}`,
    kind: 'feature-map',
    axes: ['batch', 'channel', 'row', 'column'],
    unit: 'feature',
    meaning: `cells behind block ${index + 1} of ${count}, which sees the whole picture`
  }))
}

/** What each set of prompts gives. */
export const PROMPTED: readonly TensorSpec[] = [
  {
    name: 'sparse_embedding',
    kind: 'prompt-embedding',
    axes: ['batch', 'prompt', 'channel'],
    unit: 'feature',
    meaning: 'points and corners of boxes as the mask decoder takes them'
  },
  {
    name: 'dense_embedding',
    kind: 'feature-map',
    axes: ['batch', 'channel', 'row', 'column'],
    unit: 'feature',
    meaning: 'the mask prompt as it is added to the picture'
  },
  ...answer('multi', 'three masks for prompts that leave doubt'),
  ...answer('single', 'one mask for prompts that leave no doubt')
]

function answer(name: 'multi' | 'single', what: string): TensorSpec[] {
  return [
    {
      name: `low_res_masks_${name}`,
      kind: 'masks',
      axes: ['batch', 'mask', 'row', 'column'],
      unit: 'logit',
      meaning: `${what}: logits at four times the grid, above 0 inside`
    },
    {
      name: `iou_predictions_${name}`,
      kind: 'mask-scores',
      axes: ['batch', 'mask'],
      unit: 'IoU',
      meaning: `${what}: the IoU that the model expects`
    }
  ]
}
