import type { Preprocess } from './architecture'
import type { PlainTree } from './mmcv-meta'

/** CLIP's means and deviations of RGB, on 0..255. */
export const CLIP_NORMALIZATION = {
  mean: [122.7709383, 116.7460125, 104.09373615],
  std: [68.5005327, 66.6321579, 70.32316305]
} as const

/** ImageNet's, which torchvision, MaskCLIP and SAM use. */
export const IMAGENET_NORMALIZATION = {
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375]
} as const

/** The test pipeline of an mmcv configuration; what it leaves out is `published`. */
export function configuredPreprocess(config: PlainTree, published: Preprocess): Preprocess {
  const flips = config
    .at('data', 'test', 'pipeline')
    .items()
    .find((step) => step.at('type').text() === 'MultiScaleFlipAug')
  const transforms = flips?.at('transforms').items() ?? []
  const normalization = transforms.find((step) => step.at('type').text() === 'Normalize') ?? config.at('img_norm_cfg')
  const scale = pair(flips?.at('img_scale'))
  const window = config.at('model', 'test_cfg', 'crop_size').numbers()?.[0]
  const stride = config.at('model', 'test_cfg', 'stride').numbers()?.[0]
  // a model that is tested on whole pictures and names no scale takes them as they are
  const asTheyAre = !scale && config.at('model', 'test_cfg', 'mode').text() === 'whole'
  const sides = scale ? { shortSide: Math.min(...scale), maxLongSide: Math.max(...scale) } : {}
  return {
    ...published,
    mean: triple(normalization.at('mean')) ?? published.mean,
    std: triple(normalization.at('std')) ?? published.std,
    ...(asTheyAre ? { shortSide: undefined, maxLongSide: undefined } : sides),
    window: window ?? published.window,
    stride: stride ?? published.stride
  }
}

function triple(tree: PlainTree): readonly [number, number, number] | undefined {
  const [red, green, blue] = tree.numbers() ?? []
  return red === undefined || green === undefined || blue === undefined ? undefined : [red, green, blue]
}

function pair(tree: PlainTree | undefined): readonly [number, number] | undefined {
  const [first, second] = tree?.numbers() ?? []
  return first === undefined || second === undefined ? undefined : [first, second]
}
