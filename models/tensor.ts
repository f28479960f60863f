export type DType =
  'float64' | 'float32' | 'float16' | 'bfloat16' | 'int64' | 'int32' | 'int16' | 'int8' | 'uint8' | 'uint16' | 'bool'

/**
 * The typed array that holds the values of a dtype. float16 and bfloat16 are kept as their 16 bits
 * (convert with `toFloat32`); bool is one byte each, 0 or 1.
 */
export interface ArrayOf {
  float64: Float64Array<ArrayBuffer>
  float32: Float32Array<ArrayBuffer>
  float16: Uint16Array<ArrayBuffer>
  bfloat16: Uint16Array<ArrayBuffer>
  int64: BigInt64Array<ArrayBuffer>
  int32: Int32Array<ArrayBuffer>
  int16: Int16Array<ArrayBuffer>
  int8: Int8Array<ArrayBuffer>
  uint8: Uint8Array<ArrayBuffer>
  uint16: Uint16Array<ArrayBuffer>
  bool: Uint8Array<ArrayBuffer>
}

export type Shape = readonly number[]

/** Values in row-major order. `data.length` equals the product of `shape`. */
export type Tensor<D extends DType = DType> = {
  [K in D]: { readonly dtype: K; readonly shape: Shape; readonly data: ArrayOf[K] }
}[D]

export const BYTES_PER_ELEMENT: Readonly<Record<DType, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  uint16: 2,
  bool: 1
}

/** Number of elements; 1 for a scalar (shape []). Exact up to 2^53: readers check sizes before they get here. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1)
}

export function float32Tensor(shape: Shape, data = new Float32Array(elementCount(shape))): Tensor<'float32'> {
  if (data.length !== elementCount(shape)) throw new RangeError(`${data.length} values for shape [${shape.join(', ')}]`)
  return { dtype: 'float32', shape, data }
}

/** IEEE half precision (its 16 bits) → number; exact. */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** A number as half precision (its 16 bits), rounded to the nearest, ties to even; beyond 65504 it is infinite. */
export function float16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (size >= 65520) return sign | 0x7c00
  // the distance of neighbouring halves: of the smallest ones everywhere below 2^-14
  const exponent = Math.max(Math.floor(Math.log2(size || 2 ** -24)), -14)
  const steps = roundToEven(size / 2 ** (exponent - 10))
  return sign | (((exponent + 14) << 10) + steps)
}

function roundToEven(value: number): number {
  const whole = Math.floor(value)
  const rest = value - whole
  return rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? whole + 1 : whole
}

let halfTable: Float32Array<ArrayBuffer> | undefined

/** All 65,536 halves as float32: a look-up is several times faster than arithmetic, and the table costs 256 KB once. */
function halves(): Float32Array<ArrayBuffer> {
  halfTable ??= Float32Array.from({ length: 65536 }, (_, bits) => float16ToNumber(bits))
  return halfTable
}

/** The same values as float32 (int64 and float64 are rounded). Returns the tensor itself where it already is float32. */
export function toFloat32(tensor: Tensor): Tensor<'float32'> {
  if (tensor.dtype === 'float32') return tensor
  const values = new Float32Array(tensor.data.length)
  switch (tensor.dtype) {
    case 'float16': {
      const table = halves()
      for (let i = 0; i < values.length; i++) values[i] = table[tensor.data[i] ?? 0] ?? 0
      break
    }
    case 'bfloat16': {
      const bits = new Uint32Array(values.buffer)
      for (let i = 0; i < values.length; i++) bits[i] = (tensor.data[i] ?? 0) << 16
      break
    }
    case 'int64':
      for (let i = 0; i < values.length; i++) values[i] = Number(tensor.data[i])
      break
    default:
      values.set(tensor.data)
  }
  return { dtype: 'float32', shape: tensor.shape, data: values }
}
