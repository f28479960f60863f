import type { Shape } from '../tensor'
import { float, int, ints, type Floats, type GraphBuilder } from './builder'
import type { Scope } from './scope'
import { foldedConvolution, plain, scaled, type Normalization } from './weights'

/** PyTorch's default ε of LayerNorm, BatchNorm and GroupNorm. */
export const EPSILON = 1e-5

/** A PyTorch Linear on rows: [n, in] → [n, out]. The stored weight [out, in] is used as it lies. */
export function linear(g: GraphBuilder, x: Floats, scope: Scope, options: { bias: boolean; factor?: number }): Floats {
  const { bias, factor = 1 } = options
  const stored = scope.take('weight', [undefined, undefined])
  const weight = g.weight(factor === 1 ? plain(stored) : scaled(stored, factor))
  if (!bias) return g.op('Gemm', [x, weight], { transB: int(1) })
  const storedBias = scope.take('bias', [stored.shape[0]])
  return g.op('Gemm', [x, weight, g.weight(factor === 1 ? plain(storedBias) : scaled(storedBias, factor))], {
    transB: int(1)
  })
}

/** LayerNorm over the last axis. */
export function layerNorm(g: GraphBuilder, x: Floats, scope: Scope, epsilon = EPSILON): Floats {
  const weight = scope.take('weight', [undefined])
  const bias = scope.take('bias', [weight.shape[0]])
  return g.op('LayerNormalization', [x, g.weight(plain(weight)), g.weight(plain(bias))], {
    axis: int(-1),
    epsilon: float(epsilon)
  })
}

/** LayerNorm over the channels of each cell of a map [1, C, h, w] (SAM's LayerNorm2d). */
export function channelNorm(g: GraphBuilder, map: Floats, scope: Scope, epsilon: number): Floats {
  return g.transpose(layerNorm(g, g.transpose(map, [0, 2, 3, 1]), scope, epsilon), [0, 3, 1, 2])
}

/** x·sigmoid(1.702·x), the activation of CLIP's transformers. */
export function quickGelu(g: GraphBuilder, x: Floats): Floats {
  return g.microsoftOp('QuickGelu', [x], { alpha: float(1.702) })
}

/** x·Φ(x) with the error function, PyTorch's default GELU. */
export function gelu(g: GraphBuilder, x: Floats): Floats {
  return g.op('Gelu', [x])
}

/** The parameters of a BatchNorm of that many channels. */
export function batchNorm(scope: Scope, channels: number | undefined, epsilon = EPSILON): Normalization {
  return {
    weight: scope.take('weight', [channels]),
    bias: scope.take('bias', [channels]),
    mean: scope.take('running_mean', [channels]),
    variance: scope.take('running_var', [channels]),
    epsilon
  }
}

export interface ConvolutionOptions {
  /** 1 unless said */
  readonly stride?: number
  readonly padding: number
  /** of the picture, where the weight may be of a grouped convolution and be made for a part of them */
  readonly channels?: number
}

function window({ stride = 1, padding }: ConvolutionOptions) {
  return { strides: ints([stride, stride]), pads: ints([padding, padding, padding, padding]) }
}

/** A convolution with bias, [1, in, h, w] → [1, out, h', w']. */
export function convolution(g: GraphBuilder, x: Floats, scope: Scope, options: ConvolutionOptions): Floats {
  const weight = scope.take('weight', [undefined, undefined, undefined, undefined])
  const bias = scope.take('bias', [weight.shape[0]])
  return g.op('Conv', [x, g.weight(plain(weight)), g.weight(plain(bias))], window(options))
}

/** A convolution without bias and its BatchNorm, folded into one. */
export function normedConvolution(
  g: GraphBuilder,
  x: Floats,
  convolutionScope: Scope,
  normScope: Scope,
  options: ConvolutionOptions
): Floats {
  const stored = convolutionScope.take('weight', [undefined, undefined, undefined, undefined])
  const { weight, bias } = foldedConvolution(stored, batchNorm(normScope, stored.shape[0]))
  const groups = groupsOf(stored.shape, options.channels)
  return g.op('Conv', [x, g.weight(weight), g.weight(bias)], {
    ...window(options),
    ...(groups > 1 && { group: int(groups) })
  })
}

/** Of a convolution [out, in / groups, kh, kw] on `channels`; 1 where they do not divide, which is then no such weight. */
export function groupsOf([outputs = 0, inputs = 0]: Shape, channels = inputs): number {
  const groups = channels / inputs
  return Number.isInteger(groups) && outputs % groups === 0 ? groups : 1
}

export function relu(g: GraphBuilder, x: Floats): Floats {
  return g.op('Relu', [x])
}

/** Average over windows of `size` × `size` that do not overlap; what is left over at the border is dropped. */
export function averagePool(g: GraphBuilder, x: Floats, size: number): Floats {
  return g.op('AveragePool', [x], { kernel_shape: ints([size, size]), strides: ints([size, size]) })
}

/** Maximum over windows; PyTorch's floor rule at the border. */
export function maxPool(
  g: GraphBuilder,
  x: Floats,
  { size, stride = size, padding = 0 }: { size: number; stride?: number; padding?: number }
): Floats {
  return g.op('MaxPool', [x], {
    kernel_shape: ints([size, size]),
    strides: ints([stride, stride]),
    pads: ints([padding, padding, padding, padding])
  })
}
