import type { StoredTensor } from '../checkpoints/checkpoint'
import { elementCount, float32Tensor, toFloat32, type Shape } from '../tensor'
import type { Weight } from './graph'

type Values = Float32Array<ArrayBuffer>

/** A weight computed from stored tensors when it is read. Arithmetic in `compute` is double precision. */
export function derived(
  name: string,
  shape: Shape,
  sources: readonly StoredTensor[],
  compute: (first: Values, ...rest: Values[]) => Values
): Weight {
  return {
    name,
    shape,
    async read() {
      const values: Values[] = []
      for (const source of sources) values.push(toFloat32(await source.read()).data)
      const [first = NONE, ...rest] = values
      return float32Tensor(shape, compute(first, ...rest))
    }
  }
}

/** A stored tensor as it is, in float32; `shape` may name another shape of the same values. */
export function plain(stored: StoredTensor, shape: Shape = stored.shape): Weight {
  const suffix = shape === stored.shape ? '' : `:${shape.join('x')}`
  return derived(stored.name + suffix, shape, [stored], (values) => values)
}

export function scaled(stored: StoredTensor, factor: number): Weight {
  return derived(`${stored.name}*${factor}`, stored.shape, [stored], (values) => values.map((value) => value * factor))
}

/** Rows [start, end) of the first axis, times a factor. */
export function rows(stored: StoredTensor, start: number, end: number, factor = 1): Weight {
  const shape = [end - start, ...stored.shape.slice(1)]
  const suffix = factor === 1 ? '' : `*${factor}`
  return {
    name: `${stored.name}[${start}:${end}]${suffix}`,
    shape,
    async read() {
      const { data } = toFloat32(await stored.readRows(start, end))
      return float32Tensor(shape, factor === 1 ? data : data.map((value) => value * factor))
    }
  }
}

/** BatchNorm of inference as y = scale·x + shift, one of each a channel. */
export interface Normalization {
  readonly weight: StoredTensor
  readonly bias: StoredTensor
  readonly mean: StoredTensor
  readonly variance: StoredTensor
  readonly epsilon: number
}

/** Sources in the order that `affine` takes their values. */
export function sourcesOf(norm: Normalization): StoredTensor[] {
  return [norm.weight, norm.bias, norm.mean, norm.variance]
}

/** scale = weight / sqrt(variance + ε), shift = bias − mean·scale, in double precision. */
export function affine(epsilon: number, statistics: readonly Values[]): { scale: Float64Array; shift: Float64Array } {
  const [weight = NONE, bias = NONE, mean = NONE, variance = NONE] = statistics
  const scale = Float64Array.from(weight, (value, i) => value / Math.sqrt((variance[i] ?? 0) + epsilon))
  const shift = Float64Array.from(bias, (value, i) => value - (mean[i] ?? 0) * (scale[i] ?? 0))
  return { scale, shift }
}

const NONE: Values = new Float32Array(0)

/** A convolution [out, in, kh, kw] without bias and the BatchNorm behind it as one convolution with bias. */
export function foldedConvolution(conv: StoredTensor, norm: Normalization): { weight: Weight; bias: Weight } {
  const [channels = 0] = conv.shape
  const perChannel = elementCount(conv.shape.slice(1))
  return {
    weight: derived(`${conv.name}:folded`, conv.shape, [conv, ...sourcesOf(norm)], (values, ...statistics) => {
      const { scale } = affine(norm.epsilon, statistics)
      const folded = new Float32Array(values.length)
      for (let channel = 0, i = 0; channel < channels; channel++) {
        const factor = scale[channel] ?? 0
        for (const end = i + perChannel; i < end; i++) folded[i] = (values[i] ?? 0) * factor
      }
      return folded
    }),
    bias: derived(`${conv.name}:folded.bias`, [channels], sourcesOf(norm), (...statistics) =>
      Float32Array.from(affine(norm.epsilon, statistics).shift)
    )
  }
}
