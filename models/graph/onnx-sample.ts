import { encodeModel, type WeightPlace } from './encode'
import type { Dimension, Graph, GraphNode, GraphValue } from './graph'
import { ProtoWriter } from './protobuf'

/* A small network as an .onnx file of somebody else's, for tests: few outputs, whose numbers can be worked out by hand. */

export const SAMPLE_STRIDE = 8
/** [4, 3]: what each of four classes makes of the mean red, green and blue of a cell */
export const SAMPLE_WEIGHTS: readonly (readonly number[])[] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [-1, 0.5, -0.25]
]

export interface SampleOptions {
  /** height and width of the one size of pictures that it takes; any size where not given */
  readonly size?: readonly [number, number]
  /** half precision goes in and comes out */
  readonly half?: boolean
  /** tokens of a text go in as well */
  readonly tokens?: boolean
  /** the file with its weights; inside where not given */
  readonly weightsIn?: string
  /** what it is told of itself: class names */
  readonly metadata?: Readonly<Record<string, string>>
  /** the operator behind the first output, and its domain */
  readonly operator?: string
  readonly domain?: string
}

export interface SampleFile {
  readonly model: Uint8Array<ArrayBuffer>
  /** what belongs into the file of the weights */
  readonly weights: Uint8Array<ArrayBuffer>
}

/**
 * image [1, 3, H, W] → cells [1, 3, h, w], the means of squares of 8 pixels; dense [1, 4, h, w] = weights · cells;
 * pooled [1, 3], the mean colour; winners [1, 1, h, w] int64, the argmax of dense.
 */
export function sampleOnnx(options: SampleOptions = {}): SampleFile {
  const [height, width]: readonly Dimension[] = options.size ?? ['height', 'width']
  const rows = typeof height === 'number' ? height / SAMPLE_STRIDE : 'rows'
  const columns = typeof width === 'number' ? width / SAMPLE_STRIDE : 'columns'
  const pixels = options.half ? 'image_float' : 'image'
  const dense = options.half ? 'dense_float' : 'dense'
  const square = { kind: 'ints', value: [SAMPLE_STRIDE, SAMPLE_STRIDE] } as const
  const nodes: GraphNode[] = [
    ...(options.half ? [cast('image', pixels, 1)] : []),
    node('AveragePool', [pixels], 'cells', { kernel_shape: square, strides: square }),
    node('Conv', ['cells', 'weights'], 'mixed'),
    { ...node(options.operator ?? 'Identity', ['mixed'], dense), domain: (options.domain ?? '') as '' },
    ...(options.half ? [cast(dense, 'dense', 10)] : []),
    node('GlobalAveragePool', [pixels], 'mean'),
    node('Flatten', ['mean'], 'pooled'),
    node('ArgMax', ['mixed'], 'winners', { axis: { kind: 'int', value: 1 } })
  ]
  const values = Float32Array.from(SAMPLE_WEIGHTS.flat())
  const weights = { dtype: 'float32', shape: [4, 3, 1, 1], data: values } as const
  const inputs: GraphValue[] = [
    { name: 'image', dtype: 'float32', shape: ['batch', 3, height ?? '', width ?? ''] },
    ...(options.tokens ? ([{ name: 'tokens', dtype: 'int64', shape: [1, 77] }] as const) : [])
  ]
  const outputs: GraphValue[] = [
    { name: 'dense', dtype: 'float32', shape: ['batch', 4, rows, columns] },
    { name: 'cells', dtype: 'float32', shape: ['batch', 3, rows, columns] },
    { name: 'pooled', dtype: 'float32', shape: ['batch', 3] },
    { name: 'winners', dtype: 'int64', shape: ['batch', 1, rows, columns] }
  ]
  const isOutside = options.weightsIn !== undefined
  const graph: Graph = {
    name: 'sample',
    inputs,
    outputs,
    nodes,
    weights: isOutside ? [{ name: 'weights', shape: weights.shape, read: () => Promise.resolve(weights) }] : [],
    constants: isOutside ? [] : [{ name: 'weights', tensor: weights }]
  }
  const place: WeightPlace = { location: options.weightsIn ?? '', offset: 0, length: values.byteLength }
  const encoded = encodeModel(graph, new Map([['weights', place]]))
  if (options.half) for (const name of ['image', 'dense']) declareHalf(encoded, name)
  return { model: withMetadata(encoded, options.metadata ?? {}), weights: new Uint8Array(values.buffer) }
}

function node(op: string, inputs: string[], output: string, attributes: GraphNode['attributes'] = {}): GraphNode {
  return { op, domain: '', name: `${op}_${output}`, inputs, outputs: [output], attributes }
}

function cast(from: string, to: string, dataType: number): GraphNode {
  return node('Cast', [from], to, { to: { kind: 'int', value: dataType } })
}

/** Graphs of the studio's own have no half precision: in the declaration of an input or output the type is changed. */
function declareHalf(model: Uint8Array, name: string): void {
  const letters = new TextEncoder().encode(name)
  // a name and then a type; nodes come before, in which an output may follow an input of this name
  const start = model.findLastIndex((_, at) => {
    const isName = model[at] === 0x0a && model[at + 1] === letters.length
    return (
      isName && letters.every((letter, i) => model[at + 2 + i] === letter) && model[at + 2 + letters.length] === 0x12
    )
  })
  const FLOAT_TYPE = [0x08, 0x01]
  const type = model.findIndex((byte, at) => at > start && byte === FLOAT_TYPE[0] && model[at + 1] === FLOAT_TYPE[1])
  model[type + 1] = 10
}

/** Messages that follow one another are one message, so what is added can stand at the end. */
function withMetadata(
  model: Uint8Array<ArrayBuffer>,
  metadata: Readonly<Record<string, string>>
): Uint8Array<ArrayBuffer> {
  const writer = new ProtoWriter()
  for (const [key, value] of Object.entries(metadata))
    writer.message(14, (entry) => entry.string(1, key).string(2, value))
  const added = writer.finish()
  const whole = new Uint8Array(model.length + added.length)
  whole.set(model)
  whole.set(added, model.length)
  return whole
}
