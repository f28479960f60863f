import type { DType } from '../tensor'
import type { StoredGraph, StoredValue } from './checkpoint'
import { quoted, type Fail } from './fault'
import type { Field, ProtobufReader } from './protobuf'

/* What the graph of an ONNX model says of itself: what goes in and comes out, its operators, the files beside it. */

/** Fields of onnx.proto3, by message. */
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, sparseInitializer: 15 } as const
const FUNCTION = { name: 1, node: 7, domain: 10, attributeDefault: 11 } as const
const NODE = { operator: 4, attribute: 5, domain: 7 } as const
const ATTRIBUTE = { tensor: 5, graph: 6, tensors: 10, graphs: 11, sparseTensor: 22, sparseTensors: 23 } as const
const SPARSE_TENSOR = { values: 1, indices: 2 } as const
const TENSOR = { name: 8, externalData: 13 } as const
const VALUE_INFO = { name: 1, type: 2 } as const
const TYPE = { tensor: 1 } as const
const TENSOR_TYPE = { dtype: 1, shape: 2 } as const
const SHAPE = { dimension: 1 } as const
const DIMENSION = { value: 1, parameter: 2 } as const
const ENTRY = { key: 1, value: 2 } as const

/** TensorProto.DataType. Strings, complex numbers and types below a byte are left out. */
export const ONNX_DTYPES: ReadonlyMap<number, DType> = new Map([
  [1, 'float32'],
  [2, 'uint8'],
  [3, 'int8'],
  [4, 'uint16'],
  [5, 'int16'],
  [6, 'int32'],
  [7, 'int64'],
  [9, 'bool'],
  [10, 'float16'],
  [11, 'float64'],
  [16, 'bfloat16']
])

/** Names and other short texts; a longer one is damage, and reading it would only take memory. */
const MAX_NAME_BYTES = 65536
/** Graphs inside of graphs (If, Loop): deeper ones are made to exhaust the stack. */
const MAX_DEPTH = 16

/** Collects what the messages of a model say, field by field, without reading the values of tensors. */
export class GraphReader {
  readonly #inputs: StoredValue[] = []
  readonly #outputs: StoredValue[] = []
  readonly #operators = new Set<string>()
  readonly #functions = new Set<string>()
  readonly #metadata = new Map<string, string>()
  readonly #dataFiles = new Set<string>()
  #nodes = 0

  constructor(
    private readonly reader: ProtobufReader,
    private readonly fail: Fail
  ) {}

  /** @param given names of the initializers, of which inputs of the same name are only the defaults */
  graph(given: ReadonlySet<string>): StoredGraph {
    return {
      inputs: this.#inputs.filter(({ name }) => !given.has(name)),
      outputs: this.#outputs,
      nodeCount: this.#nodes,
      operators: [...this.#operators].filter((name) => !this.#functions.has(name)),
      metadata: this.#metadata,
      dataFiles: [...this.#dataFiles]
    }
  }

  /** One field of the outermost graph; the values of initializers are read elsewhere. */
  async graphField(field: Field): Promise<void> {
    if (field.type !== 2) return
    if (field.number === GRAPH.input) this.#inputs.push(await this.#value(field))
    else if (field.number === GRAPH.output) this.#outputs.push(await this.#value(field))
    else await this.#partOfGraph(field, 0)
  }

  async metadataField(field: Field): Promise<void> {
    const { key, value } = await entryIn(this.reader, field)
    this.#metadata.set(key, value)
  }

  /** A function that nodes of the graph may call by its name. */
  async functionField(message: Field): Promise<void> {
    let domain = ''
    let name = ''
    for await (const field of this.reader.fields(message.start, message.end)) {
      if (field.type !== 2) continue
      if (field.number === FUNCTION.name) name = await textOf(this.reader, field)
      else if (field.number === FUNCTION.domain) domain = await textOf(this.reader, field)
      else if (field.number === FUNCTION.node) await this.#node(field, 0)
      else if (field.number === FUNCTION.attributeDefault) await this.#attribute(field, 0)
    }
    this.#functions.add(operatorName(domain, name))
  }

  async #partOfGraph(field: Field, depth: number): Promise<void> {
    if (field.type !== 2) return
    if (field.number === GRAPH.node) await this.#node(field, depth)
    else if (field.number === GRAPH.initializer) await this.#tensor(field)
    else if (field.number === GRAPH.sparseInitializer) await this.#sparseTensor(field)
  }

  async #node(message: Field, depth: number): Promise<void> {
    this.#nodes++
    let domain = ''
    let operator = ''
    for await (const field of this.reader.fields(message.start, message.end)) {
      if (field.type !== 2) continue
      if (field.number === NODE.operator) operator = await textOf(this.reader, field)
      else if (field.number === NODE.domain) domain = await textOf(this.reader, field)
      else if (field.number === NODE.attribute) await this.#attribute(field, depth)
    }
    this.#operators.add(operatorName(domain, operator))
  }

  async #attribute(message: Field, depth: number): Promise<void> {
    if (depth > MAX_DEPTH) throw this.fail('limit', `its graphs lie in one another more than ${MAX_DEPTH} deep`)
    for await (const field of this.reader.fields(message.start, message.end)) {
      if (field.type !== 2) continue
      switch (field.number) {
        case ATTRIBUTE.tensor:
        case ATTRIBUTE.tensors:
          await this.#tensor(field)
          break
        case ATTRIBUTE.sparseTensor:
        case ATTRIBUTE.sparseTensors:
          await this.#sparseTensor(field)
          break
        case ATTRIBUTE.graph:
        case ATTRIBUTE.graphs:
          for await (const part of this.reader.fields(field.start, field.end)) await this.#partOfGraph(part, depth + 1)
      }
    }
  }

  async #tensor(message: Field): Promise<void> {
    let name = ''
    const locations: string[] = []
    for await (const field of this.reader.fields(message.start, message.end)) {
      if (field.type !== 2) continue
      if (field.number === TENSOR.name) name = await textOf(this.reader, field)
      if (field.number !== TENSOR.externalData) continue
      const location = await locationIn(this.reader, field)
      if (location !== undefined) locations.push(location)
    }
    for (const location of locations) {
      if (leavesFolder(location)) {
        const problem = `the values of ${quoted(name)} lie at ${quoted(location)}, which leaves its folder`
        throw this.fail('path', problem, { entry: name })
      }
      this.#dataFiles.add(location)
    }
  }

  async #sparseTensor(message: Field): Promise<void> {
    for await (const field of this.reader.fields(message.start, message.end)) {
      if (field.number === SPARSE_TENSOR.values || field.number === SPARSE_TENSOR.indices) await this.#tensor(field)
    }
  }

  async #value(message: Field): Promise<StoredValue> {
    let name = ''
    let type: Pick<StoredValue, 'dtype' | 'shape'> = { dtype: undefined, shape: undefined }
    for await (const field of this.reader.fields(message.start, message.end)) {
      if (field.type !== 2) continue
      if (field.number === VALUE_INFO.name) name = await textOf(this.reader, field)
      else if (field.number === VALUE_INFO.type) type = await this.#type(field)
    }
    return { name, ...type }
  }

  async #type(message: Field): Promise<Pick<StoredValue, 'dtype' | 'shape'>> {
    let dtype: DType | undefined
    let shape: (number | string)[] | undefined
    for await (const kind of this.reader.fields(message.start, message.end)) {
      if (kind.number !== TYPE.tensor || kind.type !== 2) continue
      for await (const field of this.reader.fields(kind.start, kind.end)) {
        if (field.number === TENSOR_TYPE.dtype) dtype = ONNX_DTYPES.get(Number(field.value))
        else if (field.number === TENSOR_TYPE.shape && field.type === 2) shape = await this.#shape(field)
      }
    }
    return { dtype, shape }
  }

  async #shape(message: Field): Promise<(number | string)[]> {
    const shape: (number | string)[] = []
    for await (const dimension of this.reader.fields(message.start, message.end)) {
      if (dimension.number !== SHAPE.dimension || dimension.type !== 2) continue
      let size: number | string = ''
      for await (const field of this.reader.fields(dimension.start, dimension.end)) {
        if (field.number === DIMENSION.parameter && field.type === 2) size = await textOf(this.reader, field)
        // exporters write -1 and 0 for a size that is open
        else if (field.number === DIMENSION.value && field.value > 0n && field.value < 2n ** 40n) {
          size = Number(field.value)
        }
      }
      shape.push(size)
    }
    return shape
  }
}

function operatorName(domain: string, operator: string): string {
  return domain === '' || domain === 'ai.onnx' ? operator : `${domain}.${operator}`
}

export async function textOf(reader: ProtobufReader, field: Field): Promise<string> {
  return new TextDecoder().decode(await reader.bytes(field, MAX_NAME_BYTES))
}

async function entryIn(reader: ProtobufReader, message: Field): Promise<{ key: string; value: string }> {
  const entry = { key: '', value: '' }
  for await (const field of reader.fields(message.start, message.end)) {
    if (field.type !== 2) continue
    if (field.number === ENTRY.key) entry.key = await textOf(reader, field)
    else if (field.number === ENTRY.value) entry.value = await textOf(reader, field)
  }
  return entry
}

/** The file that an entry of `external_data` names; undefined for other entries. */
export async function locationIn(reader: ProtobufReader, message: Field): Promise<string | undefined> {
  const { key, value } = await entryIn(reader, message)
  return key === 'location' ? value : undefined
}

/** Absolute, on a drive, or with `..`. */
function leavesFolder(path: string): boolean {
  return path === '' || /^([/\\~]|[a-z]:)|\0/i.test(path) || path.split(/[/\\]/).includes('..')
}
