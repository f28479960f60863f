import type { Tensor } from '../tensor'
import type { Attribute, Constant, Graph, GraphDType, GraphNode, GraphValue, Weight } from './graph'
import { ProtoWriter } from './protobuf'

/** Where the float32 values of a weight lie: a file beside the model, and bytes in it. */
export interface WeightPlace {
  /** file name relative to the model's folder */
  readonly location: string
  readonly offset: number
  readonly length: number
}

/** Version of the operators of `''`; the first with Gelu. */
const OPSET = 20
const MICROSOFT_OPSET = 1
/** Version of the file format that opset 20 came with. */
const IR_VERSION = 9

// Field numbers and enumerations of onnx.proto (github.com/onnx/onnx/blob/main/onnx/onnx.proto).
const MODEL = { irVersion: 1, producerName: 2, graph: 7, opsetImport: 8 }
const OPSET_ID = { domain: 1, version: 2 }
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 }
const NODE = { input: 1, output: 2, name: 3, opType: 4, attribute: 5, domain: 7 }
const ATTRIBUTE = { name: 1, f: 2, i: 3, s: 4, floats: 7, ints: 8, type: 20 }
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, floats: 6, ints: 7 }
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9, externalData: 13, dataLocation: 14 }
const EXTERNAL = 1
const ENTRY = { key: 1, value: 2 }
const VALUE_INFO = { name: 1, type: 2 }
const TYPE = { tensorType: 1 }
const TENSOR_TYPE = { elemType: 1, shape: 2 }
const SHAPE = { dim: 1 }
const DIMENSION = { value: 1, param: 2 }
const DATA_TYPE: Readonly<Record<GraphDType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9 }

/**
 * The graph as an ONNX ModelProto. Weights stay outside (ONNX external data), so that no model meets protobuf's limit
 * of 2 GiB; constants travel inside. Throws a RangeError where a weight has no place or one of another size.
 */
export function encodeModel(graph: Graph, placement: ReadonlyMap<string, WeightPlace>): Uint8Array<ArrayBuffer> {
  return new ProtoWriter()
    .int(MODEL.irVersion, IR_VERSION)
    .string(MODEL.producerName, 'DenseCLIP Studio')
    .message(MODEL.graph, (message) => writeGraph(message, graph, placement))
    .message(MODEL.opsetImport, (id) => id.string(OPSET_ID.domain, '').int(OPSET_ID.version, OPSET))
    .message(MODEL.opsetImport, (id) =>
      id.string(OPSET_ID.domain, 'com.microsoft').int(OPSET_ID.version, MICROSOFT_OPSET)
    )
    .finish()
}

function writeGraph(message: ProtoWriter, graph: Graph, placement: ReadonlyMap<string, WeightPlace>): void {
  for (const node of graph.nodes) message.message(GRAPH.node, (inner) => writeNode(inner, node))
  message.string(GRAPH.name, graph.name)
  for (const constant of graph.constants) {
    message.message(GRAPH.initializer, (inner) => writeConstant(inner, constant))
  }
  for (const weight of graph.weights) {
    message.message(GRAPH.initializer, (inner) => writeWeight(inner, weight, placement.get(weight.name)))
  }
  for (const value of graph.inputs) message.message(GRAPH.input, (inner) => writeValue(inner, value))
  for (const value of graph.outputs) message.message(GRAPH.output, (inner) => writeValue(inner, value))
}

function writeNode(message: ProtoWriter, node: GraphNode): void {
  for (const input of node.inputs) message.string(NODE.input, input)
  for (const output of node.outputs) message.string(NODE.output, output)
  message.string(NODE.name, node.name).string(NODE.opType, node.op)
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message.message(NODE.attribute, (inner) => writeAttribute(inner, name, attribute))
  }
  if (node.domain) message.string(NODE.domain, node.domain)
}

function writeAttribute(message: ProtoWriter, name: string, attribute: Attribute): void {
  message.string(ATTRIBUTE.name, name)
  switch (attribute.kind) {
    case 'int':
      message.int(ATTRIBUTE.i, attribute.value)
      break
    case 'float':
      message.float(ATTRIBUTE.f, attribute.value)
      break
    case 'string':
      message.string(ATTRIBUTE.s, attribute.value)
      break
    case 'ints':
      for (const value of attribute.value) message.int(ATTRIBUTE.ints, value)
      break
    case 'floats':
      for (const value of attribute.value) message.float(ATTRIBUTE.floats, value)
      break
  }
  message.int(ATTRIBUTE.type, ATTRIBUTE_TYPE[attribute.kind])
}

function writeConstant(message: ProtoWriter, { name, tensor }: Constant): void {
  for (const size of tensor.shape) message.int(TENSOR.dims, size)
  message.int(TENSOR.dataType, DATA_TYPE[tensor.dtype]).string(TENSOR.name, name)
  message.bytes(TENSOR.rawData, littleEndianBytes(tensor))
}

function littleEndianBytes({ data }: Tensor<'float32' | 'int64' | 'bool'>): Uint8Array {
  const bytes = new Uint8Array(data.byteLength)
  const view = new DataView(bytes.buffer)
  data.forEach((value, index) => {
    if (typeof value === 'bigint') view.setBigInt64(index * 8, value, true)
    else if (data instanceof Float32Array) view.setFloat32(index * 4, value, true)
    else view.setUint8(index, value)
  })
  return bytes
}

function writeWeight(message: ProtoWriter, { name, shape }: Weight, place: WeightPlace | undefined): void {
  const bytes = 4 * shape.reduce((product, size) => product * size, 1)
  if (!place) throw new RangeError(`weight ${name} has no place in a data file`)
  if (place.length !== bytes) throw new RangeError(`weight ${name} takes ${bytes} bytes, its place ${place.length}`)
  for (const size of shape) message.int(TENSOR.dims, size)
  message.int(TENSOR.dataType, DATA_TYPE.float32).string(TENSOR.name, name)
  const entries = { location: place.location, offset: String(place.offset), length: String(place.length) }
  for (const [key, value] of Object.entries(entries)) {
    message.message(TENSOR.externalData, (entry) => entry.string(ENTRY.key, key).string(ENTRY.value, value))
  }
  message.int(TENSOR.dataLocation, EXTERNAL)
}

function writeValue(message: ProtoWriter, { name, dtype, shape }: GraphValue): void {
  message.string(VALUE_INFO.name, name).message(VALUE_INFO.type, (type) =>
    type.message(TYPE.tensorType, (tensor) =>
      tensor.int(TENSOR_TYPE.elemType, DATA_TYPE[dtype]).message(TENSOR_TYPE.shape, (dims) => {
        for (const size of shape) {
          dims.message(SHAPE.dim, (dim) =>
            typeof size === 'number' ? dim.int(DIMENSION.value, size) : dim.string(DIMENSION.param, size)
          )
        }
      })
    )
  )
}
