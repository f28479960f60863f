import type { Tensors } from './published-clip'
import { Layout } from './layout'

/** Sizes of ImageNet ResNets as torchvision publishes them (torchvision/models/resnet.py). */
interface ResnetSizes {
  readonly blocks: readonly number[]
  readonly block: 'BasicBlock' | 'Bottleneck'
  /** of the 3×3 convolution of a bottleneck, as a multiple of the usual */
  readonly wider?: number
  readonly groups?: number
}

export const RESNET_SIZES = {
  resnet18: { blocks: [2, 2, 2, 2], block: 'BasicBlock' },
  resnet34: { blocks: [3, 4, 6, 3], block: 'BasicBlock' },
  resnet50: { blocks: [3, 4, 6, 3], block: 'Bottleneck' },
  resnet101: { blocks: [3, 4, 23, 3], block: 'Bottleneck' },
  resnet152: { blocks: [3, 8, 36, 3], block: 'Bottleneck' },
  wide_resnet50_2: { blocks: [3, 4, 6, 3], block: 'Bottleneck', wider: 2 },
  wide_resnet101_2: { blocks: [3, 4, 23, 3], block: 'Bottleneck', wider: 2 },
  resnext50_32x4d: { blocks: [3, 4, 6, 3], block: 'Bottleneck', wider: 2, groups: 32 },
  resnext101_32x8d: { blocks: [3, 4, 23, 3], block: 'Bottleneck', wider: 4, groups: 32 }
} as const satisfies Record<string, ResnetSizes>
export type ResnetName = keyof typeof RESNET_SIZES

const WIDTH = 64

/** torchvision's state dict, classifier and all. */
export function torchvisionResnet(name: ResnetName): Tensors {
  const sizes: ResnetSizes = RESNET_SIZES[name]
  const to = new Layout()
  to.conv('conv1', WIDTH, 3, 7)
  to.batchNorm('bn1', WIDTH)
  const channels = addStages(to, '', sizes)
  to.linear('fc', 1000, channels)
  return to.tensors
}

/** mmcv's ResNetV1c below `backbone.`: a stem of three convolutions (open-mmlab://resnet50_v1c). */
export function deepStemResnet(blocks: readonly number[]): Tensors {
  const to = new Layout()
  for (const [index, inputs, outputs] of [
    [0, 3, WIDTH / 2],
    [3, WIDTH / 2, WIDTH / 2],
    [6, WIDTH / 2, WIDTH]
  ] as const) {
    to.conv(`backbone.stem.${index}`, outputs, inputs, 3)
    to.batchNorm(`backbone.stem.${index + 1}`, outputs)
  }
  addStages(to, 'backbone.', { blocks, block: 'Bottleneck' })
  return to.tensors
}

/** `layer1` to `layer4`; the channels of the last. */
function addStages(to: Layout, prefix: string, { blocks, block, wider = 1, groups = 1 }: ResnetSizes): number {
  let inputs = WIDTH
  for (const [stage, count] of blocks.entries()) {
    const planes = WIDTH * 2 ** stage
    const outputs = block === 'Bottleneck' ? 4 * planes : planes
    for (let index = 0; index < count; index++) {
      const name = `${prefix}layer${stage + 1}.${index}`
      const inner = planes * wider
      const convolutions =
        block === 'Bottleneck'
          ? ([
              [inner, inputs, 1],
              [inner, inner / groups, 3],
              [outputs, inner, 1]
            ] as const)
          : ([
              [planes, inputs, 3],
              [planes, planes, 3]
            ] as const)
      for (const [i, [out, from, kernel]] of convolutions.entries()) {
        to.conv(`${name}.conv${i + 1}`, out, from, kernel)
        to.batchNorm(`${name}.bn${i + 1}`, out)
      }
      if (inputs !== outputs) {
        to.conv(`${name}.downsample.0`, outputs, inputs, 1)
        to.batchNorm(`${name}.downsample.1`, outputs)
      }
      inputs = outputs
    }
  }
  return inputs
}
