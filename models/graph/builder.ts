import type { Attribute, Constant, Dimension, Graph, GraphDType, GraphNode, GraphValue, Weight } from './graph'

/** A tensor on its way through a graph that is being built. */
export interface Value<D extends GraphDType = GraphDType> {
  readonly name: string
  readonly dtype: D
}

export type Floats = Value<'float32'>
export type Sizes = Value<'int64'>

/** A size that is known now, or one that the graph finds out when it runs (an int64 vector of one element). */
export type Size = number | Sizes

/** An end for `slice` that no axis reaches: everything from the start on. */
export const END = Number.MAX_SAFE_INTEGER

type Attributes = Readonly<Record<string, Attribute>>
export const int = (value: number): Attribute => ({ kind: 'int', value })
export const float = (value: number): Attribute => ({ kind: 'float', value })
export const text = (value: string): Attribute => ({ kind: 'string', value })
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value })

/**
 * Collects nodes in the order they are asked for, which is a topological order since values must exist to be used.
 * Equal constants and weights of one name are kept once.
 */
export class GraphBuilder {
  private readonly inputs: GraphValue[] = []
  private readonly outputs = new Map<string, { readonly value: Value; readonly shape: readonly Dimension[] }>()
  private readonly nodes: GraphNode[] = []
  private readonly weights = new Map<string, Weight>()
  private readonly constants = new Map<string, Constant>()

  constructor(private readonly name: string) {}

  input<D extends GraphDType>(name: string, dtype: D, shape: readonly Dimension[]): Value<D> {
    this.inputs.push({ name, dtype, shape })
    return { name, dtype }
  }

  /** Names a value as an output of the graph. */
  output(name: string, value: Value, shape: readonly Dimension[]): void {
    this.outputs.set(name, { value, shape })
  }

  weight(weight: Weight): Floats {
    this.weights.set(weight.name, weight)
    return { name: weight.name, dtype: 'float32' }
  }

  /** An int64 vector. */
  sizes(values: readonly number[]): Sizes {
    const data = BigInt64Array.from(values, BigInt)
    return this.constant({
      name: `sizes_${values.join('_')}`,
      tensor: { dtype: 'int64', shape: [values.length], data }
    })
  }

  /** A float32 scalar. */
  scalar(value: number): Floats {
    const data = Float32Array.of(value)
    return this.constant({ name: `scalar_${value}`, tensor: { dtype: 'float32', shape: [], data } })
  }

  /** A float32 vector. */
  vector(values: readonly number[]): Floats {
    const data = Float32Array.from(values)
    const tensor = { dtype: 'float32', shape: [values.length], data } as const
    return this.constant({ name: `vector_${values.join('_')}`, tensor })
  }

  private constant<D extends 'float32' | 'int64'>(
    constant: Constant & { readonly tensor: { readonly dtype: D } }
  ): Value<D> {
    this.constants.set(constant.name, constant)
    return { name: constant.name, dtype: constant.tensor.dtype }
  }

  /** An operator of ONNX with one float32 output. */
  op(op: string, inputs: readonly (Value | undefined)[], attributes: Attributes = {}): Floats {
    return { name: this.node(op, '', inputs, attributes), dtype: 'float32' }
  }

  /** An operator of ONNX Runtime's own (`com.microsoft`) with one float32 output. */
  microsoftOp(op: string, inputs: readonly (Value | undefined)[], attributes: Attributes = {}): Floats {
    return { name: this.node(op, 'com.microsoft', inputs, attributes), dtype: 'float32' }
  }

  /** The size of one axis, as a vector of one element. */
  size(value: Value, axis: number): Sizes {
    return { name: this.node('Shape', '', [value], { start: int(axis), end: int(axis + 1) }), dtype: 'int64' }
  }

  /** One element of a vector of sizes. */
  element(sizes: Sizes, index: number): Sizes {
    return { name: this.node('Gather', '', [sizes, this.sizes([index])], { axis: int(0) }), dtype: 'int64' }
  }

  /** A size, multiplied. */
  times(size: Sizes, factor: number): Sizes {
    return { name: this.node('Mul', '', [size, this.sizes([factor])], {}), dtype: 'int64' }
  }

  /** Several sizes as one vector. */
  shape(parts: readonly Size[]): Sizes {
    const numbers = parts.filter((part) => typeof part === 'number')
    if (numbers.length === parts.length) return this.sizes(numbers)
    const vectors = parts.map((part) => (typeof part === 'number' ? this.sizes([part]) : part))
    return { name: this.node('Concat', '', vectors, { axis: int(0) }), dtype: 'int64' }
  }

  /** At most one part may be -1: what is left over. */
  reshape(value: Floats, parts: readonly Size[]): Floats {
    return this.op('Reshape', [value, this.shape(parts)])
  }

  transpose(value: Floats, axes: readonly number[]): Floats {
    return this.op('Transpose', [value], { perm: ints(axes) })
  }

  concat(values: readonly Floats[], axis: number): Floats {
    return this.op('Concat', values, { axis: int(axis) })
  }

  add(left: Floats, right: Floats): Floats {
    return this.op('Add', [left, right])
  }

  mul(left: Floats, right: Floats): Floats {
    return this.op('Mul', [left, right])
  }

  matmul(left: Floats, right: Floats): Floats {
    return this.op('MatMul', [left, right])
  }

  less(left: Floats, right: Floats): Value<'bool'> {
    return { name: this.node('Less', '', [left, right], {}), dtype: 'bool' }
  }

  where(condition: Value<'bool'>, yes: Floats, no: Floats): Floats {
    return this.op('Where', [condition, yes, no])
  }

  /** [start, end) of one axis; an end may be a value. */
  slice(value: Floats, axis: number, start: number, end: Size): Floats {
    return this.op('Slice', [value, this.sizes([start]), this.shape([end]), this.sizes([axis])])
  }

  /** PyTorch's bilinear interpolation with align_corners false, of [1, C, h, w] to exactly `height` × `width`. */
  resizeBilinear(value: Floats, channels: Size, height: Size, width: Size): Floats {
    return this.op('Resize', [value, undefined, undefined, this.shape([1, channels, height, width])], {
      mode: text('linear'),
      coordinate_transformation_mode: text('half_pixel')
    })
  }

  /** PyTorch's bicubic interpolation with align_corners false (its cubic has a = −0.75), to exactly `height` × `width`. */
  resizeBicubic(value: Floats, channels: Size, height: Size, width: Size): Floats {
    return this.op('Resize', [value, undefined, undefined, this.shape([1, channels, height, width])], {
      mode: text('cubic'),
      coordinate_transformation_mode: text('half_pixel'),
      cubic_coeff_a: float(-0.75)
    })
  }

  /** Bilinear to twice the size, which the runtime does faster where it knows the factor beforehand. */
  doubleBilinear(value: Floats): Floats {
    return this.op('Resize', [value, undefined, this.vector([1, 1, 2, 2])], {
      mode: text('linear'),
      coordinate_transformation_mode: text('half_pixel')
    })
  }

  /** PyTorch's nearest interpolation, of [1, C, h, w] to exactly `height` × `width`. */
  resizeNearest(value: Floats, channels: Size, height: Size, width: Size): Floats {
    return this.op('Resize', [value, undefined, undefined, this.shape([1, channels, height, width])], {
      mode: text('nearest'),
      coordinate_transformation_mode: text('asymmetric'),
      nearest_mode: text('floor')
    })
  }

  /** The finished graph. A value that became an output carries the output's name. */
  build(): Graph {
    const renamed = new Map<string, string>()
    const nodes = [...this.nodes]
    const produced = new Set(this.nodes.flatMap((node) => node.outputs))
    for (const [name, { value }] of this.outputs) {
      if (produced.has(value.name) && !renamed.has(value.name)) renamed.set(value.name, name)
      else nodes.push(this.copy(renamed.get(value.name) ?? value.name, name))
    }
    const rename = (name: string): string => renamed.get(name) ?? name
    return {
      name: this.name,
      inputs: this.inputs,
      outputs: [...this.outputs].map(([name, { value, shape }]) => ({ name, dtype: value.dtype, shape })),
      nodes: nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map(rename),
        outputs: node.outputs.map(rename)
      })),
      weights: [...this.weights.values()],
      constants: [...this.constants.values()]
    }
  }

  private copy(from: string, to: string): GraphNode {
    return { op: 'Identity', domain: '', name: `Identity_${to}`, inputs: [from], outputs: [to], attributes: {} }
  }

  private node(
    op: string,
    domain: GraphNode['domain'],
    inputs: readonly (Value | undefined)[],
    attributes: Attributes
  ): string {
    const name = `${op}_${this.nodes.length}`
    const output = `${name}_output`
    const names = inputs.map((input) => input?.name ?? '')
    this.nodes.push({ op, domain, name, inputs: names, outputs: [output], attributes })
    return output
  }
}
