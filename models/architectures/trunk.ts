import type { Floats, GraphBuilder } from '../graph/builder'
import { groupsOf } from '../graph/layers'
import { clipStem, deepStem, plainStem, residualStages } from '../graph/resnet'
import type { Scope } from '../graph/scope'
import type { Facts } from './facts'

/** A ResNet up to x4, of CLIP's make, torchvision's, or mmcv's with a deep stem. */
export interface Trunk {
  /** 'CLIP ResNet 3-4-6-3, width 64' */
  readonly summary: string
  readonly isClip: boolean
  /** channels of x1..x4 */
  readonly featureChannels: readonly number[]
  /** [x1, x2, x3, x4] of a normalised picture [1, 3, H, W] */
  features(g: GraphBuilder, image: Floats): Floats[]
}

/** Reads the sizes of a ResNet from its shapes; what it is made like, from the names of its first convolutions. */
export function resnetTrunk(scope: Scope, facts: Facts): Trunk {
  const isDeep = scope.hasAny('stem')
  // torchvision's stem has one convolution, CLIP's three
  const isClip = !isDeep && scope.hasAny('conv2')
  const isBasic = !scope.hasAny('layer1.0.conv3')
  const layers = [1, 2, 3, 4].map((stage) => scope.at(`layer${stage}`).count())
  const [width = 0] = scope.take('layer1.0.conv1.weight').shape
  const last = isBasic ? 'conv2' : 'conv3'
  const featureChannels = [1, 2, 3, 4].map((stage) => scope.take(`layer${stage}.0.${last}.weight`).shape[0] ?? 0)
  facts.fromShape('layers', layers)
  facts.fromShape('block', isBasic ? 'BasicBlock' : 'Bottleneck')
  facts.fromShape('width', width)
  const groups = isBasic ? 1 : groupsOf(scope.take('layer1.0.conv2.weight').shape, width)
  if (groups > 1) facts.fromShape('groups', groups)

  const make = isClip ? 'CLIP ResNet' : isDeep ? 'ResNet with a deep stem' : groups > 1 ? 'ResNeXt' : 'ResNet'
  return {
    summary: `${make} ${layers.join('-')}, width ${width}`,
    isClip,
    featureChannels,
    features(g, image) {
      const stem = isDeep ? deepStem : isClip ? clipStem : plainStem
      return residualStages(g, stem(g, image, scope), scope, isClip ? 'pool' : 'stride')
    }
  }
}

/** Whether there is a ResNet below the scope. */
export function hasResnet(scope: Scope): boolean {
  return scope.has('layer1.0.conv1.weight') && scope.has('layer4.0.conv1.weight')
}
