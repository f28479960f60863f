import { float32Tensor } from '../tensor'
import type { Attribute, Constant, Graph, GraphNode } from './graph'

/**
 * The same graph in ONNX's own operators where ONNX Runtime's fused attention cannot be trusted: its WebGPU kernel gives
 * wrong numbers from 32 tokens on where subgroups are narrow (SwiftShader), and not every provider has one. It holds the
 * attention weights whole, which accelerators mind less than the processor does. Weights and their names stay the same.
 */
export function withoutFusedAttention(graph: Graph): Graph {
  const constants = new Map(graph.constants.map((constant) => [constant.name, constant]))
  const nodes = graph.nodes.flatMap((node) => (node.op === 'MultiHeadAttention' ? explicit(node, constants) : [node]))
  return { ...graph, nodes, constants: [...constants.values()] }
}

/** softmax(scale · q kᵀ + bias)·v for q [1, n, d], k and v [1, m, d] and a bias [1, 1, n, m], a head. */
function explicit(node: GraphNode, constants: Map<string, Constant>): GraphNode[] {
  const [query = '', key = '', value = '', , , bias = ''] = node.inputs
  const heads = numberOf(node.attributes['num_heads'])
  const scale = numberOf(node.attributes['scale'])
  const nodes: GraphNode[] = []
  const add = (op: string, inputs: string[], attributes: GraphNode['attributes'] = {}, output?: string): string => {
    const name = `${node.name}_${nodes.length}_${op}`
    nodes.push({ op, domain: '', name, inputs, outputs: [output ?? name], attributes })
    return output ?? name
  }
  const perm = (value: readonly number[]) => ({ perm: { kind: 'ints', value } }) as const
  // 0 keeps a size, -1 is what is left over: the head width
  const split = sizes(constants, [0, 0, heads, -1])
  const headsOf = (x: string, axes: readonly number[]) => add('Transpose', [add('Reshape', [x, split])], perm(axes))

  const scaled = add('Mul', [headsOf(query, [0, 2, 1, 3]), scalar(constants, scale)])
  let products = add('MatMul', [scaled, headsOf(key, [0, 2, 3, 1])])
  if (bias) products = add('Add', [products, bias])
  const weights = add('Softmax', [products], { axis: { kind: 'int', value: -1 } })
  const mixed = add('Transpose', [add('MatMul', [weights, headsOf(value, [0, 2, 1, 3])])], perm([0, 2, 1, 3]))
  add('Reshape', [mixed, sizes(constants, [0, 0, -1])], {}, node.outputs[0])
  return nodes
}

function numberOf(attribute: Attribute | undefined): number {
  if (attribute?.kind !== 'int' && attribute?.kind !== 'float') throw new RangeError('an attention without its numbers')
  return attribute.value
}

function sizes(constants: Map<string, Constant>, values: readonly number[]): string {
  const name = `portable_sizes_${values.join('_')}`
  constants.set(name, {
    name,
    tensor: { dtype: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) }
  })
  return name
}

function scalar(constants: Map<string, Constant>, value: number): string {
  const name = `portable_scalar_${value}`
  constants.set(name, { name, tensor: float32Tensor([], Float32Array.of(value)) })
  return name
}
