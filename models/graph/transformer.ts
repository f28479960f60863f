import {
  attentionScale,
  attentionWithWeights,
  fusedAttention,
  packedKey,
  packedProjections,
  packedValue
} from './attention'
import type { Floats, GraphBuilder } from './builder'
import { layerNorm, linear } from './layers'
import type { Scope } from './scope'

export interface TransformerOptions {
  readonly width: number
  readonly heads: number
  readonly activation: (g: GraphBuilder, x: Floats) => Floats
  /** ε of the LayerNorms */
  readonly epsilon: number
  /** [n, n], added to the products of queries and keys */
  readonly mask?: Floats
  /** asks for the attention weights [heads, n, n] of each block, which costs the memory to hold them */
  readonly onWeights?: (weights: Floats) => void
}

/** CLIP's ResidualAttentionBlock on rows [n, d]: x + attention(ln_1(x)), then x + mlp(ln_2(x)). */
export function residualAttentionBlock(g: GraphBuilder, x: Floats, scope: Scope, options: TransformerOptions): Floats {
  const mixed = selfAttention(g, layerNorm(g, x, scope.at('ln_1'), options.epsilon), scope.at('attn'), options)
  return behindAttention(g, x, mixed, scope, options)
}

/** MaskCLIP's last block: the same where every token looks at itself alone. */
export function valueBlock(
  g: GraphBuilder,
  x: Floats,
  scope: Scope,
  options: Pick<TransformerOptions, 'width' | 'activation' | 'epsilon'>
): Floats {
  const value = packedValue(g, layerNorm(g, x, scope.at('ln_1'), options.epsilon), scope.at('attn'), options.width)
  return behindAttention(g, x, value, scope, options)
}

/**
 * The keys of a block, from what goes into it, as MaskCLIP's code takes them: it sends them through the output projection
 * together with the values.
 */
export function blockKeys(
  g: GraphBuilder,
  x: Floats,
  scope: Scope,
  { width, epsilon }: Pick<TransformerOptions, 'width' | 'epsilon'>
): Floats {
  const key = packedKey(g, layerNorm(g, x, scope.at('ln_1'), epsilon), scope.at('attn'), width)
  return linear(g, key, scope.at('attn', 'out_proj'), { bias: true })
}

function behindAttention(
  g: GraphBuilder,
  x: Floats,
  mixed: Floats,
  scope: Scope,
  { activation, epsilon }: Pick<TransformerOptions, 'activation' | 'epsilon'>
): Floats {
  const attended = g.add(x, linear(g, mixed, scope.at('attn', 'out_proj'), { bias: true }))
  const hidden = linear(g, layerNorm(g, attended, scope.at('ln_2'), epsilon), scope.at('mlp', 'c_fc'), { bias: true })
  return g.add(attended, linear(g, activation(g, hidden), scope.at('mlp', 'c_proj'), { bias: true }))
}

function selfAttention(
  g: GraphBuilder,
  x: Floats,
  scope: Scope,
  { width, heads, mask, onWeights }: TransformerOptions
): Floats {
  if (!onWeights) return fusedAttention(g, { ...packedProjections(g, x, scope, width), heads, width }, mask)
  const projections = packedProjections(g, x, scope, width, attentionScale(width, heads))
  const { output, weights } = attentionWithWeights(g, { ...projections, heads, width }, mask)
  onWeights(weights)
  return output
}
