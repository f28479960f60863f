import type { ByteSource } from '../bytes'
import { BYTES_PER_ELEMENT, elementCount, type DType } from '../tensor'
import type { CheckpointFormat, Note, Plain, StoredTensor } from './checkpoint'
import { failIn, quoted, type Fail } from './fault'
import { duplicateKey } from './json-keys'
import { contiguousStrides, StridedTensor } from './strided-tensor'

const LENGTH_BYTES = 8
/** The format allows 100 MB; 16 MiB are enough for 100,000 tensors, and reading JSON takes ten times its size. */
const MAX_HEADER_BYTES = 16 * 2 ** 20
/** {name: {shape: [n]}} */
const MAX_JSON_DEPTH = 4

const DTYPES: ReadonlyMap<string, DType> = new Map([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I16', 'int16'],
  ['I8', 'int8'],
  ['U8', 'uint8'],
  ['U16', 'uint16'],
  ['BOOL', 'bool']
])

/** Bits of types that the format knows and the studio does not read: such tensors are left out by name. */
const UNREAD_BITS: ReadonlyMap<string, number> = new Map([
  ['U64', 64],
  ['U32', 32],
  ['C64', 64],
  ['F8_E4M3', 8],
  ['F8_E5M2', 8],
  ['F8_E8M0', 8]
])

interface Item {
  readonly name: string
  readonly type: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

/** Hugging Face's format: a JSON header, then the values of all tensors without gap or overlap, little-endian. */
export const safetensors: CheckpointFormat = {
  name: 'safetensors',
  // a length below 2^40, and the brace that opens the header
  match: (head, name) =>
    (head[LENGTH_BYTES] === 0x7b && head.subarray(5, LENGTH_BYTES).every((byte) => byte === 0)) ||
    /\.safetensors$/i.test(name),
  async read(source) {
    const fail = failIn(source.name)
    const { text, dataStart } = await readHeader(source, fail)
    const header = parseHeader(text, fail)
    const items = [...header]
      .filter(([name]) => name !== '__metadata__')
      .map(([name, value]) => parseItem(name, value, fail))
    checkCover(items, source.size - dataStart, fail)

    const stateDict = new Map<string, StoredTensor>()
    const notes: Note[] = []
    for (const item of items) {
      const dtype = DTYPES.get(item.type)
      if (dtype) stateDict.set(item.name, tensorOf(item, dtype, source, dataStart, fail))
      else notes.push({ code: 'skipped', message: `${quoted(item.name)} was left out: ${item.type} is not read here.` })
    }
    const extras = new Map<string, Plain>()
    const metadata = header.get('__metadata__')
    if (metadata !== undefined) extras.set('__metadata__', textDict(metadata, fail))
    return { format: 'safetensors', source, stateDict, container: [], others: new Map(), extras, notes }
  }
}

async function readHeader(source: ByteSource, fail: Fail): Promise<{ text: string; dataStart: number }> {
  if (source.size < LENGTH_BYTES) throw fail('truncated', `it has ${source.size} bytes`)
  const start = await source.read(0, LENGTH_BYTES)
  const length = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES).getBigUint64(0, true)
  if (length > BigInt(MAX_HEADER_BYTES)) throw fail('limit', `its header claims ${length} bytes`)
  const dataStart = LENGTH_BYTES + Number(length)
  if (dataStart > source.size) throw fail('truncated', 'it ends in its header')
  const bytes = await source.read(LENGTH_BYTES, dataStart)
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), dataStart }
  } catch (cause) {
    throw fail('corrupt', 'its header is not text', { cause })
  }
}

function parseHeader(text: string, fail: Fail): Map<string, unknown> {
  // JSON.parse would keep the last of two equal keys and say nothing
  const { duplicate, depth } = duplicateKey(text, MAX_JSON_DEPTH)
  if (depth > MAX_JSON_DEPTH) throw fail('limit', 'its header is nested too deep')
  if (duplicate !== undefined) throw fail('corrupt', `its header has ${quoted(duplicate)} twice`, { entry: duplicate })
  let header: unknown
  try {
    header = JSON.parse(text)
  } catch (cause) {
    throw fail('corrupt', 'its header is broken JSON', { cause })
  }
  if (!isRecord(header)) throw fail('corrupt', 'its header is no JSON object')
  return new Map(Object.entries(header))
}

function parseItem(name: string, value: unknown, fail: Fail): Item {
  const wrong = (problem: string): Error => fail('corrupt', `the tensor ${quoted(name)} ${problem}`, { entry: name })
  if (!isRecord(value)) throw wrong('is not described')
  const { dtype: type, shape, data_offsets: offsets } = value
  if (typeof type !== 'string') throw wrong('has no type')
  if (!DTYPES.has(type) && !UNREAD_BITS.has(type)) {
    throw fail('unsupported', `the tensor ${quoted(name)} is of the unknown type ${quoted(type)}`, { entry: name })
  }
  if (!isSizes(shape)) throw wrong('has no shape')
  if (!isSizes(offsets) || offsets.length !== 2) throw wrong('has no offsets')
  const [begin = 0, end = 0] = offsets
  const dtype = DTYPES.get(type)
  const bytes = (elementCount(shape) * (dtype ? 8 * BYTES_PER_ELEMENT[dtype] : (UNREAD_BITS.get(type) ?? 0))) / 8
  if (begin > end || bytes !== end - begin) {
    const need = `[${shape.join(', ')}] ${type} takes ${bytes} bytes`
    throw fail('range', `the tensor ${quoted(name)} of ${need} lies from ${begin} to ${end}`, { entry: name })
  }
  return { name, type, shape, begin, end }
}

/** Every byte belongs to one tensor: overlaps and holes have room for something else than weights. */
function checkCover(items: readonly Item[], dataBytes: number, fail: Fail): void {
  const last = items.reduce((end, item) => Math.max(end, item.end), 0)
  if (last > dataBytes) throw fail('truncated', `${last - dataBytes} bytes of its values are missing at the end`)
  let at = 0
  for (const { name, begin, end } of [...items].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < at) throw fail('range', `the tensor ${quoted(name)} overlaps another one`, { entry: name })
    if (begin > at) throw fail('range', `bytes ${at} to ${begin} of its values belong to no tensor`, { entry: name })
    at = end
  }
  if (at !== dataBytes) throw fail('range', `the last ${dataBytes - at} bytes belong to no tensor`)
}

function tensorOf(item: Item, dtype: DType, source: ByteSource, dataStart: number, fail: Fail): StoredTensor {
  const start = dataStart + item.begin
  const storage = {
    dtype,
    length: elementCount(item.shape),
    isBigEndian: false,
    fail,
    read: (from: number, to: number) => source.read(start + from, start + to)
  }
  const layout = { shape: item.shape, strides: contiguousStrides(item.shape), offset: 0 }
  return new StridedTensor(item.name, storage, layout).checked(item.name)
}

function textDict(value: unknown, fail: Fail): Map<string, string> {
  const entries = isRecord(value) ? Object.entries(value) : [['', undefined] as const]
  return new Map(
    entries.map(([key, text]) => {
      if (typeof text !== 'string') throw fail('corrupt', 'its metadata is not text')
      return [key, text]
    })
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
}
