import { float, int, type Floats, type GraphBuilder } from './builder'
import type { StoredTensor } from '../checkpoints/checkpoint'
import type { Scope } from './scope'
import { plain, rows } from './weights'

export interface Projected {
  /** [n, d] */
  readonly query: Floats
  /** [m, d] */
  readonly key: Floats
  /** [m, d] */
  readonly value: Floats
  readonly heads: number
  /** d */
  readonly width: number
}

/** The factor 1/√(head width) that the products of queries and keys are scaled by. */
export function attentionScale(width: number, heads: number): number {
  return (width / heads) ** -0.5
}

/**
 * softmax(q kᵀ [+ mask])·v a head, where `query` is scaled already.
 * Gives the mixed values [n, d] and the weights [heads, n, m]. `mask` [n, m] is added before the softmax.
 */
export function attentionWithWeights(
  g: GraphBuilder,
  { query, key, value, heads, width }: Projected,
  mask?: Floats
): { output: Floats; weights: Floats } {
  const weights = attentionWeights(g, { query, key, heads, width }, mask)
  const mixed = g.matmul(weights, splitHeads(g, value, heads, width, [1, 0, 2]))
  return { output: g.reshape(g.transpose(mixed, [1, 0, 2]), [-1, width]), weights }
}

/** softmax(q kᵀ [+ mask]) of scaled queries: [heads, n, m]. */
export function attentionWeights(
  g: GraphBuilder,
  { query, key, heads, width }: Omit<Projected, 'value'>,
  mask?: Floats
): Floats {
  const products = g.matmul(splitHeads(g, query, heads, width, [1, 0, 2]), splitHeads(g, key, heads, width, [1, 2, 0]))
  return g.op('Softmax', [mask ? g.add(products, mask) : products], { axis: int(-1) })
}

function splitHeads(g: GraphBuilder, x: Floats, heads: number, width: number, axes: readonly number[]): Floats {
  return g.transpose(g.reshape(x, [-1, heads, width / heads]), axes)
}

/**
 * The same where nobody asks for the weights: ONNX Runtime's own operator, which never holds them whole.
 * `query` is not scaled. `mask` [n, m] is added before the softmax.
 */
export function fusedAttention(g: GraphBuilder, { query, key, value, heads, width }: Projected, mask?: Floats): Floats {
  const batch = (x: Floats) => g.reshape(x, [1, -1, width])
  const bias = mask && g.op('Unsqueeze', [mask, g.sizes([0, 1])])
  const output = g.microsoftOp(
    'MultiHeadAttention',
    [batch(query), batch(key), batch(value), undefined, undefined, bias],
    { num_heads: int(heads), scale: float(attentionScale(width, heads)) }
  )
  return g.reshape(output, [-1, width])
}

/** The projections of PyTorch's MultiheadAttention (`in_proj_weight` [3d, d]) of one input [n, d]; q times a factor. */
export function packedProjections(
  g: GraphBuilder,
  x: Floats,
  scope: Scope,
  width: number,
  queryFactor = 1
): { query: Floats; key: Floats; value: Floats } {
  const weight = scope.take('in_proj_weight', [3 * width, width])
  const bias = scope.take('in_proj_bias', [3 * width])
  return thirds(g, x, { weight, bias }, width, queryFactor)
}

/** The keys alone. */
export function packedKey(g: GraphBuilder, x: Floats, scope: Scope, width: number): Floats {
  return packedPart(g, x, scope, width, 1)
}

/** The values alone: what every token would give if it looked at nothing but itself. */
export function packedValue(g: GraphBuilder, x: Floats, scope: Scope, width: number): Floats {
  return packedPart(g, x, scope, width, 2)
}

function packedPart(g: GraphBuilder, x: Floats, scope: Scope, width: number, index: number): Floats {
  const own = (stored: StoredTensor) => g.weight(rows(stored, index * width, (index + 1) * width))
  const weight = own(scope.take('in_proj_weight', [3 * width, width]))
  return g.op('Gemm', [x, weight, own(scope.take('in_proj_bias', [3 * width]))], { transB: int(1) })
}

/** Query, key and value of [n, d] by one stored matrix [3d, d] and bias [3d] for all three; q times a factor. */
export function thirds(
  g: GraphBuilder,
  x: Floats,
  { weight, bias }: { weight: StoredTensor; bias: StoredTensor },
  width: number,
  queryFactor = 1
): { query: Floats; key: Floats; value: Floats } {
  const part = (index: number, factor = 1) => {
    const own = (stored: StoredTensor) => g.weight(rows(stored, index * width, (index + 1) * width, factor))
    return g.op('Gemm', [x, own(weight), own(bias)], { transB: int(1) })
  }
  return { query: part(0, queryFactor), key: part(1), value: part(2) }
}

/** x·P of a stored matrix P [in, out] that is multiplied from the right, as CLIP's `proj` and `text_projection` are. */
export function rightProjection(g: GraphBuilder, x: Floats, scope: Scope, name: string): Floats {
  return g.matmul(x, g.weight(plain(scope.take(name, [undefined, undefined]))))
}
