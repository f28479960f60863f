import type { ByteSource } from '../bytes'
import { BYTES_PER_ELEMENT, elementCount, toFloat32, type DType, type Shape, type Tensor } from '../tensor'
import type { CheckpointFormat } from './checkpoint'
import { failIn, quoted, type Fail } from './fault'
import { isPlainDict, isPlainList } from './plain'
import { parsePythonLiteral } from './python-literal'
import { contiguousStrides, StridedTensor } from './strided-tensor'

/** \x93NUMPY */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const
/** NumPy itself refuses headers of more than 10,000 characters. */
const MAX_HEADER_BYTES = 10_000
/** The values begin at a multiple of this, so that files can be mapped. */
const ALIGNMENT = 64

/** NumPy's type codes, without the byte order. bfloat16 has none. */
const CODES: Readonly<Record<Exclude<DType, 'bfloat16'>, string>> = {
  float64: 'f8',
  float32: 'f4',
  float16: 'f2',
  int64: 'i8',
  int32: 'i4',
  int16: 'i2',
  int8: 'i1',
  uint8: 'u1',
  uint16: 'u2',
  bool: 'b1'
}

/** A file with one array of NumPy: a checkpoint with one tensor, whose name is empty. */
export const npy: CheckpointFormat = {
  name: 'npy',
  match: (head) => MAGIC.every((byte, i) => head[i] === byte),
  async read(source) {
    const tensor = await openNpy(source)
    const stateDict = new Map([[tensor.name, tensor]])
    return { format: 'npy', source, stateDict, container: [], others: new Map(), extras: new Map(), notes: [] }
  }
}

/** The array of a .npy file (format 1.0 to 3.0). Its header is read as text and never evaluated. */
export async function openNpy(source: ByteSource, name = ''): Promise<StridedTensor> {
  const fail = failIn(source.name)
  const entry = name
  const { header, dataStart } = await readHeader(source, fail, entry)
  const { descr, fortran, shape } = parseHeader(header, fail, entry)
  const { dtype, isBigEndian } = parseType(descr, fail, entry)
  const width = BYTES_PER_ELEMENT[dtype]
  const count = elementCount(shape)
  if (!(count * width <= Number.MAX_SAFE_INTEGER)) throw fail('range', 'its shape is impossible', { entry })
  if (dataStart + count * width > source.size) {
    const missing = dataStart + count * width - source.size
    throw fail('truncated', `${missing} bytes of its values are missing at the end`, { entry })
  }
  const storage = {
    dtype,
    length: count,
    isBigEndian,
    fail,
    read: (start: number, end: number) => source.read(dataStart + start, dataStart + end)
  }
  const strides = fortran ? contiguousStrides([...shape].reverse()).reverse() : contiguousStrides(shape)
  return new StridedTensor(name, storage, { shape, strides, offset: 0 }).checked(name)
}

async function readHeader(
  source: ByteSource,
  fail: Fail,
  entry: string
): Promise<{ header: string; dataStart: number }> {
  const cut = (): Error => fail('truncated', 'it ends in its header', { entry })
  if (source.size < 12) throw cut()
  const head = await source.read(0, 12)
  if (!npy.match(head, source.name)) throw fail('not-a-model', 'it is not an array of NumPy', { entry })
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const major = view.getUint8(6)
  if (major < 1 || major > 3) throw fail('unsupported', `it is of version ${major} of NumPy's format`, { entry })
  const start = major === 1 ? 10 : 12
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (start + length > source.size) throw cut()
  if (length > MAX_HEADER_BYTES) throw fail('limit', `its header has ${length} bytes`, { entry })
  const header = new TextDecoder().decode(await source.read(start, start + length))
  return { header, dataStart: start + length }
}

function parseHeader(
  header: string,
  fail: Fail,
  entry: string
): { descr: string; fortran: boolean; shape: readonly number[] } {
  const dict = parsePythonLiteral(header)
  if (!isPlainDict(dict)) {
    throw fail('corrupt', 'its header is not a plain dict, and what it is was not run', { entry })
  }
  const descr = dict.get('descr')
  const fortran = dict.get('fortran_order')
  const shape = dict.get('shape')
  if (isPlainList(descr)) throw fail('unsupported', 'it holds records, not numbers', { entry, remedy: SAVE_NUMBERS })
  if (typeof descr !== 'string' || typeof fortran !== 'boolean' || !isPlainList(shape)) {
    throw fail('corrupt', 'its header lacks type, order or shape', { entry })
  }
  const sizes = shape.filter((size) => typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) as number[]
  if (sizes.length !== shape.length) throw fail('corrupt', 'its shape is not a tuple of sizes', { entry })
  return { descr, fortran, shape: sizes }
}

const SAVE_NUMBERS = 'Save it again as numbers, for example with array.astype("float32").'

function parseType(descr: string, fail: Fail, entry: string): { dtype: DType; isBigEndian: boolean } {
  if (/^[<>|=]?O/.test(descr)) {
    throw fail('unsupported', 'it holds Python objects, which could run code', { entry, remedy: SAVE_NUMBERS })
  }
  const [, order = '', code = ''] = /^([<>|=]?)(\w\d+)$/.exec(descr) ?? []
  const dtype = (Object.keys(CODES) as (keyof typeof CODES)[]).find((key) => CODES[key] === code)
  if (dtype !== undefined) return { dtype, isBigEndian: order === '>' }
  throw fail('unsupported', `its values are of type ${quoted(descr)}`, { entry, remedy: SAVE_NUMBERS })
}

/**
 * A .npy file (format 1.0): little-endian, row-major. NumPy has no bfloat16, so that is written as the equal float32.
 */
export function encodeNpy(tensor: Tensor): Uint8Array<ArrayBuffer> {
  if (tensor.dtype === 'bfloat16') return encodeNpy(toFloat32(tensor))
  const order = BYTES_PER_ELEMENT[tensor.dtype] === 1 ? '|' : '<'
  const descr = `'descr': '${order}${CODES[tensor.dtype]}'`
  const header = `{${descr}, 'fortran_order': False, 'shape': ${tuple(tensor.shape)}, }`
  // version, length, text, spaces and a line feed up to a multiple of 64
  const dataStart = Math.ceil((MAGIC.length + 4 + header.length + 1) / ALIGNMENT) * ALIGNMENT
  const { data } = tensor
  const file = new Uint8Array(dataStart + data.byteLength)
  file.set(MAGIC)
  file.set([1, 0], MAGIC.length)
  new DataView(file.buffer).setUint16(8, dataStart - 10, true)
  file.set(new TextEncoder().encode(`${header.padEnd(dataStart - 11)}\n`), 10)
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), dataStart)
  return file
}

/** As Python writes it: (), (3,), (3, 4). */
function tuple(shape: Shape): string {
  return shape.length === 1 ? `(${shape.join('')},)` : `(${shape.join(', ')})`
}
