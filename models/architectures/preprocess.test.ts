import { expect, it } from 'vitest'
import { parsePythonConfig } from '../checkpoints/python-literal'
import { PlainTree } from './mmcv-meta'
import { CLIP_NORMALIZATION, configuredPreprocess } from './preprocess'

const PUBLISHED = {
  ...CLIP_NORMALIZATION,
  shortSide: 512,
  maxLongSide: 2048,
  padToMultipleOf: undefined,
  window: 512,
  stride: 341
}
const read = (text: string) => configuredPreprocess(new PlainTree(parsePythonConfig(text)), PUBLISHED)

it('keeps the published pipeline where the configuration says nothing', () => {
  expect(read('')).toEqual(PUBLISHED)
  expect(read("model = dict(test_cfg=dict(mode='slide'))")).toEqual(PUBLISHED)
})

it('reads scale, window and normalisation of a test pipeline', () => {
  const config = `
model = dict(test_cfg=dict(mode='slide', crop_size=(640, 640), stride=(426, 426)))
data = dict(test=dict(pipeline=[
    dict(type='LoadImageFromFile'),
    dict(type='MultiScaleFlipAug', img_scale=(2560, 640), transforms=[
        dict(type='Resize', keep_ratio=True),
        dict(type='Normalize', mean=[1, 2, 3.5], std=[4, 5, 6], to_rgb=True)])]))`
  expect(read(config)).toEqual({
    mean: [1, 2, 3.5],
    std: [4, 5, 6],
    shortSide: 640,
    maxLongSide: 2560,
    padToMultipleOf: undefined,
    window: 640,
    stride: 426
  })
})

it('takes pictures as they are where a model is tested on whole ones and names no scale', () => {
  const { shortSide, maxLongSide } = read("model = {'test_cfg': {'mode': 'whole'}}")
  expect([shortSide, maxLongSide]).toEqual([undefined, undefined])
})
