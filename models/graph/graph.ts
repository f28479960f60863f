import type { Shape, Tensor } from '../tensor'

/** Element types that graphs carry. */
export type GraphDType = 'float32' | 'int64' | 'int32' | 'bool'

/** A size of a graph input or output: a number, or the name of a size that is known only when the graph runs. */
export type Dimension = number | string

export interface GraphValue {
  readonly name: string
  readonly dtype: GraphDType
  readonly shape: readonly Dimension[]
}

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }

export interface GraphNode {
  readonly op: string
  /** '' for ONNX's own operators, 'com.microsoft' for ONNX Runtime's */
  readonly domain: '' | 'com.microsoft'
  readonly name: string
  /** '' stands for an optional input that is left out */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

/** A float32 initializer made from stored tensors (converted, transposed, folded); read when the model is compiled. */
export interface Weight {
  readonly name: string
  readonly shape: Shape
  read(): Promise<Tensor<'float32'>>
}

/** A small initializer that travels inside the protobuf: sizes, axes, scalars. */
export interface Constant {
  readonly name: string
  readonly tensor: Tensor<'float32' | 'int64' | 'bool'>
}

/** An ONNX graph before it is encoded. Nodes are in topological order. */
export interface Graph {
  readonly name: string
  readonly inputs: readonly GraphValue[]
  readonly outputs: readonly GraphValue[]
  readonly nodes: readonly GraphNode[]
  readonly weights: readonly Weight[]
  readonly constants: readonly Constant[]
}
