import type { ByteSource } from '../bytes'
import { BYTES_PER_ELEMENT, elementCount, type DType } from '../tensor'
import type { CheckpointFormat, Note, StoredTensor } from './checkpoint'
import { failIn, quoted, type Fail } from './fault'
import { GraphReader, locationIn, ONNX_DTYPES, textOf } from './onnx-graph'
import { packedIntegers, ProtobufReader, type Field } from './protobuf'
import { contiguousStrides, StridedTensor, type Storage } from './strided-tensor'

/** Fields of onnx.proto3, by message. */
const MODEL = { graph: 7, operatorSet: 8, metadata: 14, function: 25 } as const
const GRAPH = { initializer: 5 } as const
const TENSOR = {
  dims: 1,
  dataType: 2,
  floatData: 4,
  int32Data: 5,
  int64Data: 7,
  name: 8,
  rawData: 9,
  doubleData: 10,
  externalData: 13,
  dataLocation: 14
} as const

const MAX_DIMS_BYTES = 1024

/** Models for ONNX Runtime: the values of their initializers, and what their graph says of itself. */
export const onnx: CheckpointFormat = {
  name: 'onnx',
  // field 1 (the version) and then the producer's name, the operator set or the graph
  match: (head, name) =>
    /\.onnx$/i.test(name) || (head[0] === 0x08 && (head[1] ?? 0) < 0x20 && [0x12, 0x3a, 0x42].includes(head[2] ?? 0)),
  async read(source) {
    const fail = failIn(source.name)
    const reader = new ProtobufReader(source, fail)
    const graphReader = new GraphReader(reader, fail)
    const graph = await findGraph(reader, source, graphReader, fail)
    const stateDict = new Map<string, StoredTensor>()
    const given = new Set<string>()
    const notes: Note[] = []
    for await (const field of reader.fields(graph.start, graph.end)) {
      await graphReader.graphField(field)
      if (field.number !== GRAPH.initializer || field.type !== 2) continue
      const initializer = await parseInitializer(reader, field, fail)
      const { name } = initializer
      if (given.has(name)) throw fail('corrupt', `it has the initializer ${quoted(name)} twice`, { entry: name })
      given.add(name)
      const tensor = tensorOf(initializer, source, fail)
      if (tensor) stateDict.set(name, tensor)
      else notes.push({ code: 'skipped', message: `${quoted(name)} was left out: its type is not read here.` })
    }
    const content = { stateDict, container: [], others: new Map(), extras: new Map(), notes }
    return { format: 'onnx', source, ...content, graph: graphReader.graph(given) }
  }
}

async function findGraph(
  reader: ProtobufReader,
  source: ByteSource,
  graphReader: GraphReader,
  fail: Fail
): Promise<Field> {
  let graph: Field | undefined
  let hasOperators = false
  for await (const field of reader.fields(0, source.size)) {
    if (field.number === MODEL.operatorSet) hasOperators = true
    if (field.type !== 2) continue
    if (field.number === MODEL.metadata) await graphReader.metadataField(field)
    if (field.number === MODEL.function) await graphReader.functionField(field)
    if (field.number !== MODEL.graph) continue
    if (graph) throw fail('corrupt', 'it has two graphs')
    graph = field
  }
  if (graph === undefined) throw fail('not-a-model', 'it is not an ONNX model: it has no graph')
  // usually the last field, and every model has it
  if (!hasOperators) throw fail('truncated', 'the version of its operators is missing at the end')
  return graph
}

interface Initializer {
  readonly name: string
  readonly shape: readonly number[]
  readonly dataType: number
  /** field with the values, if they are in this file */
  readonly data: Field | undefined
  /** name of the file with the values, if they are elsewhere */
  readonly location: string | undefined
}

async function parseInitializer(reader: ProtobufReader, message: Field, fail: Fail): Promise<Initializer> {
  const dims: bigint[] = []
  let name = ''
  let dataType = 0
  let data: Field | undefined
  let location: string | undefined
  let isExternal = false
  for await (const field of reader.fields(message.start, message.end)) {
    switch (field.number) {
      case TENSOR.dims:
        dims.push(...(field.type === 0 ? [field.value] : packedIntegers(await reader.bytes(field, MAX_DIMS_BYTES))))
        break
      case TENSOR.dataType:
        dataType = Number(field.value)
        break
      case TENSOR.name:
        name = await textOf(reader, field)
        break
      case TENSOR.dataLocation:
        isExternal = field.value === 1n
        break
      case TENSOR.externalData:
        location = (await locationIn(reader, field)) ?? location
        break
      case TENSOR.rawData:
      case TENSOR.floatData:
      case TENSOR.int32Data:
      case TENSOR.int64Data:
      case TENSOR.doubleData:
        if (data !== undefined || field.type !== 2) {
          throw fail('unsupported', `the values of ${quoted(name)} are in pieces`, { entry: name })
        }
        data = field
    }
  }
  const shape = dims.map(Number)
  if (isExternal && location === undefined) {
    throw fail('corrupt', `the values of ${quoted(name)} lie in a file without a name`, { entry: name })
  }
  return { name, shape, dataType, data, location: isExternal ? location : undefined }
}

/** The initializer as a tensor; undefined where its type is not read here. */
function tensorOf(initializer: Initializer, source: ByteSource, fail: Fail): StoredTensor | undefined {
  const { name, shape, dataType } = initializer
  const dtype = ONNX_DTYPES.get(dataType)
  if (dtype === undefined) return undefined
  const length = elementCount(shape)
  const storage = { dtype, length, isBigEndian: false, fail, read: readValues(initializer, dtype, source, fail) }
  return new StridedTensor(name, storage, { shape, strides: contiguousStrides(shape), offset: 0 }).checked(name)
}

function readValues(
  { name, shape, data, location }: Initializer,
  dtype: DType,
  source: ByteSource,
  fail: Fail
): Storage['read'] {
  if (location !== undefined) {
    return () =>
      Promise.reject(
        fail('unsupported', `the values of ${quoted(name)} lie in another file, ${quoted(location)}`, {
          entry: name,
          remedy: 'Save the model with its weights inside.'
        })
      )
  }
  const count = elementCount(shape)
  const width = BYTES_PER_ELEMENT[dtype]
  const bytes = data ? data.end - data.start : 0
  const isVarint = data?.number === TENSOR.int32Data || data?.number === TENSOR.int64Data
  // a varint has one to ten bytes
  const fits = isVarint ? bytes >= count && bytes <= 10 * count : bytes === count * width
  if (!fits) {
    const claim = `[${shape.join(', ')}] ${dtype}`
    throw fail('range', `${quoted(name)} of ${claim} has ${bytes} bytes of values`, { entry: name })
  }
  const start = data?.start ?? 0
  if (!isVarint) return (from, to) => source.read(start + from, start + to)
  return async (from, to) => {
    const values = packedIntegers(await source.read(start, start + bytes))
    if (values.length !== count) throw fail('corrupt', `${quoted(name)} has ${values.length} values`, { entry: name })
    const plain = new DataView(new ArrayBuffer(count * width))
    for (const [i, value] of values.entries()) {
      if (width === 8) plain.setBigInt64(8 * i, value, true)
      else if (width === 4) plain.setInt32(4 * i, Number(value), true)
      else if (width === 2) plain.setInt16(2 * i, Number(value), true)
      else plain.setInt8(i, Number(value))
    }
    return new Uint8Array(plain.buffer, from, to - from)
  }
}
