import type { Floats, GraphBuilder } from './builder'
import { averagePool, maxPool, normedConvolution, relu } from './layers'
import type { Scope } from './scope'

/**
 * How a stage halves its picture. CLIP's ModifiedResNet pools (after the 3×3 convolution, and before the 1×1 of the
 * shortcut); torchvision's ResNet gives the stride to the convolutions.
 */
export type Downsampling = 'pool' | 'stride'

/** [x1, x2, x3, x4] at strides 4, 8, 16, 32: the outputs of `layer1` to `layer4`. */
export function residualStages(g: GraphBuilder, stem: Floats, scope: Scope, downsampling: Downsampling): Floats[] {
  const outputs: Floats[] = []
  let x = stem
  for (const stage of [1, 2, 3, 4]) {
    const blocks = scope.at(`layer${stage}`)
    for (let i = 0; i < blocks.count(); i++) {
      x = residualBlock(g, x, blocks.at(i), stage > 1 && i === 0 ? 2 : 1, downsampling)
    }
    outputs.push(x)
  }
  return outputs
}

/** A Bottleneck (1×1, 3×3 (in groups, where it is ResNeXt's), 1×1), or a BasicBlock (3×3, 3×3) where there is no third convolution. */
function residualBlock(g: GraphBuilder, x: Floats, scope: Scope, stride: number, downsampling: Downsampling): Floats {
  const pools = downsampling === 'pool' && stride > 1
  const convolve = (input: Floats, index: number, padding: number, ownStride = 1, channels?: number) =>
    normedConvolution(g, input, scope.at(`conv${index}`), scope.at(`bn${index}`), {
      padding,
      stride: ownStride,
      ...(channels !== undefined && { channels })
    })
  const ownStride = downsampling === 'stride' ? stride : 1

  let out: Floats
  if (scope.hasAny('conv3')) {
    out = relu(g, convolve(x, 1, 0))
    // of groups in ResNeXt
    out = relu(g, convolve(out, 2, 1, ownStride, scope.take('conv1.weight').shape[0]))
    out = convolve(pools ? averagePool(g, out, stride) : out, 3, 0)
  } else {
    out = relu(g, convolve(x, 1, 1, ownStride))
    out = convolve(out, 2, 1)
  }

  let shortcut = x
  if (scope.hasAny('downsample')) {
    shortcut = normedConvolution(
      g,
      pools ? averagePool(g, x, stride) : x,
      scope.at('downsample', 0),
      scope.at('downsample', 1),
      { padding: 0, stride: ownStride }
    )
  }
  return relu(g, g.add(out, shortcut))
}

/** CLIP's stem: three 3×3 convolutions, the first of stride 2, and an average pool; stride 4 in all. */
export function clipStem(g: GraphBuilder, image: Floats, scope: Scope): Floats {
  let x = image
  for (const index of [1, 2, 3]) {
    const stride = index === 1 ? 2 : 1
    x = relu(g, normedConvolution(g, x, scope.at(`conv${index}`), scope.at(`bn${index}`), { padding: 1, stride }))
  }
  return averagePool(g, x, 2)
}

/**
 * mmcv's deep stem (ResNetV1c): three 3×3 convolutions, the first of stride 2, as one numbered module (0, 3, 6, each with
 * its BatchNorm behind it), and a 3×3 maximum of stride 2.
 */
export function deepStem(g: GraphBuilder, image: Floats, scope: Scope): Floats {
  let x = image
  for (const index of [0, 3, 6]) {
    const stride = index === 0 ? 2 : 1
    x = relu(g, normedConvolution(g, x, scope.at('stem', index), scope.at('stem', index + 1), { padding: 1, stride }))
  }
  return maxPool(g, x, { size: 3, stride: 2, padding: 1 })
}

/** torchvision's stem: one 7×7 convolution of stride 2 and a 3×3 maximum of stride 2. */
export function plainStem(g: GraphBuilder, image: Floats, scope: Scope): Floats {
  const x = relu(g, normedConvolution(g, image, scope.at('conv1'), scope.at('bn1'), { padding: 3, stride: 2 }))
  return maxPool(g, x, { size: 3, stride: 2, padding: 1 })
}
