import { elementCount, type DType, type Shape, type Tensor } from '#models/tensor'

/** A tensor that is made piece by piece while it is written. */
export interface TensorToWrite {
  readonly dtype: DType
  readonly shape: Shape
  /**
   * Elements [start, end), row-major, in the typed array of `dtype`. Left out: zeros, which are not even written where
   * the file system has sparse files.
   */
  readonly values?: ((start: number, end: number) => Tensor['data']) | undefined
}

export function zeros(dtype: DType, shape: Shape): TensorToWrite {
  return { dtype, shape }
}

export function given(tensor: Tensor): TensorToWrite {
  return { dtype: tensor.dtype, shape: tensor.shape, values: (start, end) => tensor.data.slice(start, end) }
}

/**
 * Values spread evenly around `center` with standard deviation `spread` (integers: rounded). Equal seeds give equal
 * values, in whatever pieces they are asked for.
 */
export function random(
  dtype: DType,
  shape: Shape,
  { seed, spread = 1, center = 0 }: { seed: number; spread?: number; center?: number }
): TensorToWrite {
  const width = spread * Math.sqrt(12)
  const value = (index: number): number => center + (hash(seed, index) / 2 ** 32 - 0.5) * width
  return { dtype, shape, values: (start, end) => fill(dtype, end - start, (i) => value(start + i)) }
}

export function countOf({ shape }: TensorToWrite): number {
  return elementCount(shape)
}

/** 32 well-mixed bits of two numbers (the finisher of MurmurHash3). */
function hash(seed: number, index: number): number {
  let bits = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

function fill(dtype: DType, count: number, value: (i: number) => number): Tensor['data'] {
  switch (dtype) {
    case 'float32':
      return into(new Float32Array(count), value)
    case 'float64':
      return into(new Float64Array(count), value)
    case 'float16':
      return into(new Uint16Array(count), (i) => halfBits(value(i)))
    case 'bfloat16':
      return Uint16Array.from(new Uint32Array(into(new Float32Array(count), value).buffer), (bits) => bits >>> 16)
    case 'int64':
      return BigInt64Array.from({ length: count }, (_, i) => BigInt(Math.round(value(i))))
    case 'int32':
      return into(new Int32Array(count), (i) => Math.round(value(i)))
    case 'int16':
      return into(new Int16Array(count), (i) => Math.round(value(i)))
    case 'int8':
      return into(new Int8Array(count), (i) => Math.round(value(i)))
    case 'uint16':
      return into(new Uint16Array(count), (i) => Math.round(value(i)))
    case 'uint8':
      return into(new Uint8Array(count), (i) => Math.round(value(i)))
    case 'bool':
      return into(new Uint8Array(count), (i) => (value(i) > 0 ? 1 : 0))
  }
}

function into<A extends { [index: number]: number; readonly length: number }>(
  array: A,
  value: (i: number) => number
): A {
  for (let i = 0; i < array.length; i++) array[i] = value(i)
  return array
}

/** The nearest half, as its bits. */
function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (Number.isNaN(value)) return 0x7e00
  if (size >= 65520) return sign | 0x7c00
  const exponent = Math.max(-14, Math.floor(Math.log2(size)))
  // a mantissa that rounds up to 2 carries into the exponent by itself
  const mantissa = Math.round((size / 2 ** exponent) * 1024)
  return sign + (size < 2 ** -14 ? mantissa : ((exponent + 14) << 10) + mantissa)
}

/** A prime, so that no row of a matrix begins as another does. */
const MADE = 65_521

/** The same tensor with values that repeat after some: for files that are to run and not to be measured, far quicker. */
export function repeating(tensor: TensorToWrite): TensorToWrite {
  const count = countOf(tensor)
  if (!tensor.values || count <= MADE) return tensor
  const made = tensor.values(0, MADE)
  if (made instanceof Float32Array) {
    return { ...tensor, values: (start, end) => repeated(made, start, new Float32Array(end - start)) }
  }
  if (made instanceof Uint16Array) {
    return { ...tensor, values: (start, end) => repeated(made, start, new Uint16Array(end - start)) }
  }
  return tensor
}

function repeated<A extends Float32Array | Uint16Array>(made: A, start: number, target: A): A {
  for (let at = 0; at < target.length;) {
    const from = (start + at) % made.length
    const part = made.subarray(from, from + target.length - at)
    target.set(part, at)
    at += part.length
  }
  return target
}
