import { expect, it } from 'vitest'
import { promptedName } from './prompted'

it('puts the name of the set behind what a tensor is, and before which answer it is', () => {
  expect(promptedName('sparse_embedding', 'box')).toBe('sparse_embedding_box')
  expect(promptedName('low_res_masks_multi', 'two_points')).toBe('low_res_masks_two_points_multi')
  expect(promptedName('iou_predictions_single', 'multi')).toBe('iou_predictions_multi_single')
})
