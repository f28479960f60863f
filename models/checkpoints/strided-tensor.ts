import { BYTES_PER_ELEMENT, elementCount, type ArrayOf, type DType, type Shape, type Tensor } from '../tensor'
import type { Note, StoredTensor } from './checkpoint'
import { quoted, type Fail } from './fault'

/** A run of equal elements in a file. */
export interface Storage {
  readonly dtype: DType
  /** elements, not bytes */
  readonly length: number
  readonly isBigEndian: boolean
  readonly fail: Fail
  /** Bytes [start, end) of the storage, as a copy or a view that must not be written to. */
  read(start: number, end: number): Promise<Uint8Array>
  /** Compares all of it with its checksum, where the format has one: gives a note if it is damaged. */
  verify?(): Promise<Note | undefined>
}

/** Where the elements of a tensor lie in its storage; all in elements. */
export interface Layout {
  readonly shape: Shape
  readonly strides: readonly number[]
  readonly offset: number
}

/** NumPy allows 64 axes and PyTorch too; everything that loops over axes stays short. */
const MAX_RANK = 64
/** A view may repeat its storage (`expand`): masks and position ids do, up to some megabytes. */
const MAX_REPEATED_BYTES = 64 * 2 ** 20

/** A tensor as PyTorch and NumPy store it: a view of a storage by offset and strides. */
export class StridedTensor implements StoredTensor {
  readonly dtype: DType
  readonly shape: Shape

  /** The layout may be anything that a file claims: a tensor is safe to read once it came out of `checked`. */
  constructor(
    readonly name: string,
    readonly storage: Storage,
    private readonly layout: Layout
  ) {
    this.dtype = storage.dtype
    this.shape = layout.shape
  }

  /** The tensor under its name, sure to stay inside its storage. Throws `corrupt`, `range` or `limit`. */
  checked(name: string): StridedTensor {
    const { storage, layout } = this
    const problem = layoutProblem(storage, layout)
    if (problem) throw storage.fail(problem[0], `the tensor ${quoted(name)} ${problem[1]}`, { entry: name })
    return new StridedTensor(name, storage, layout)
  }

  async read(): Promise<Tensor> {
    const { storage, layout, dtype, shape } = this
    const count = elementCount(shape)
    const width = BYTES_PER_ELEMENT[dtype]
    if (count === 0) return tensorOf(dtype, shape, new Uint8Array(0))
    const last = lastOffset(layout)
    const span = await storage.read(layout.offset * width, (last + 1) * width)
    const bytes = isContiguous(layout) ? owned(span) : gather(owned(span), width, layout)
    if (storage.isBigEndian && width > 1) return tensorOf(dtype, shape, swapped(bytes, width))
    // any byte but 0 is true
    if (dtype === 'bool') return tensorOf(dtype, shape, bytes.map(Math.sign))
    return tensorOf(dtype, shape, bytes)
  }

  async readRows(start: number, end: number): Promise<Tensor> {
    const { shape, layout, storage, name } = this
    const rows = shape[0] ?? 0
    if (!(Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end <= rows)) {
      throw storage.fail('range', `the tensor ${quoted(name)} has no rows ${start} to ${end}`, { entry: name })
    }
    const offset = layout.offset + start * (layout.strides[0] ?? 0)
    const part = { ...layout, shape: [end - start, ...shape.slice(1)], offset }
    return new StridedTensor(name, storage, part).read()
  }
}

export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis] ?? 1
  }
  return strides
}

function layoutProblem(storage: Storage, layout: Layout): ['corrupt' | 'range' | 'limit', string] | undefined {
  const { shape, strides, offset } = layout
  if (shape.length > MAX_RANK) return ['limit', `has ${shape.length} axes`]
  if (strides.length !== shape.length) return ['corrupt', 'has another number of strides than of axes']
  if (![...shape, ...strides, offset].every(Number.isSafeInteger))
    return ['corrupt', 'has a shape that is not of integers']
  if (shape.some((size) => size < 0)) return ['corrupt', `has the negative size ${Math.min(...shape)}`]
  if ([...strides, offset].some((value) => value < 0)) return ['range', 'reaches in front of its storage']
  const count = elementCount(shape)
  if (count === 0) return undefined
  if (count > Number.MAX_SAFE_INTEGER) return ['range', `has the impossible shape [${shape.join(', ')}]`]
  if (lastOffset(layout) >= storage.length) {
    return ['range', `reaches to element ${lastOffset(layout)} of a storage that has ${storage.length}`]
  }
  const width = BYTES_PER_ELEMENT[storage.dtype]
  if (count > storage.length && count * width > MAX_REPEATED_BYTES) {
    return ['limit', `repeats ${storage.length} stored values to ${count}`]
  }
  return undefined
}

/** Of the last element; not below the exact value even where that is above 2^53. */
function lastOffset({ shape, strides, offset }: Layout): number {
  return shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] ?? 0), offset)
}

function isContiguous({ shape, strides }: Layout): boolean {
  const expected = contiguousStrides(shape)
  return shape.every((size, axis) => size <= 1 || strides[axis] === expected[axis])
}

/** The bytes with a buffer of their own, which begins with them: typed arrays can be laid over it. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length
  return isOwn ? new Uint8Array(buffer) : new Uint8Array(bytes)
}

/** Elements in row-major order out of a span that begins with the first of them. */
function gather(span: Uint8Array<ArrayBuffer>, width: number, { shape, strides }: Layout): Uint8Array<ArrayBuffer> {
  if (width === 8) {
    // as pairs of 4 bytes, which any engine moves without a look at the value
    return gather(span, 4, { shape: [...shape, 2], strides: [...strides.map((stride) => 2 * stride), 1], offset: 0 })
  }
  const result = new Uint8Array(elementCount(shape) * width)
  const from = elementsOf(span.buffer, width)
  const to = elementsOf(result.buffer, width)
  const inner = shape.length - 1
  const innerSize = shape[inner] ?? 1
  const innerStride = strides[inner] ?? 0
  const index = new Array<number>(shape.length).fill(0)
  let row = 0
  for (let at = 0; at < to.length;) {
    for (let i = 0; i < innerSize; i++) to[at++] = from[row + i * innerStride] ?? 0
    for (let axis = inner - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1
      const stride = strides[axis] ?? 0
      if (next < (shape[axis] ?? 1)) {
        index[axis] = next
        row += stride
        break
      }
      row -= (next - 1) * stride
      index[axis] = 0
    }
  }
  return result
}

/** As unsigned integers: bits are moved as they are, NaN too. */
function elementsOf(buffer: ArrayBuffer, width: number): Uint8Array | Uint16Array | Uint32Array {
  if (width === 1) return new Uint8Array(buffer)
  if (width === 2) return new Uint16Array(buffer)
  return new Uint32Array(buffer)
}

function swapped(bytes: Uint8Array, width: number): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes)
  for (let at = 0; at < result.length; at += width) result.subarray(at, at + width).reverse()
  return result
}

function tensorOf(dtype: DType, shape: Shape, bytes: Uint8Array<ArrayBuffer>): Tensor {
  return { dtype, shape, data: VIEWS[dtype](bytes.buffer) } as Tensor
}

const VIEWS: { readonly [D in DType]: (buffer: ArrayBuffer) => ArrayOf[D] } = {
  float64: (buffer) => new Float64Array(buffer),
  float32: (buffer) => new Float32Array(buffer),
  float16: (buffer) => new Uint16Array(buffer),
  bfloat16: (buffer) => new Uint16Array(buffer),
  int64: (buffer) => new BigInt64Array(buffer),
  int32: (buffer) => new Int32Array(buffer),
  int16: (buffer) => new Int16Array(buffer),
  int8: (buffer) => new Int8Array(buffer),
  uint8: (buffer) => new Uint8Array(buffer),
  uint16: (buffer) => new Uint16Array(buffer),
  bool: (buffer) => new Uint8Array(buffer)
}
