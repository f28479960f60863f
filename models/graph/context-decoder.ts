import { attentionScale, attentionWithWeights } from './attention'
import { GraphBuilder, type Floats } from './builder'
import type { Graph } from './graph'
import { gelu, layerNorm, linear } from './layers'
import type { Scope } from './scope'
import { rowsFromMap } from './tokens'

/**
 * DenseCLIP's context decoder (post-model prompting): the words t [1, K, C] look at one another and at the memory
 * [z̄, z]. Gives v [1, K, C] (text_diff) and the attention weights of every layer, [layers, heads, K, K or 1 + h·w].
 */
export function buildContextDecoder(scope: Scope, { heads }: { heads: number }): Graph {
  const g = new GraphBuilder('context_decoder')
  const [channels = 0] = scope.take('text_proj.0.weight', [undefined]).shape
  const [width = 0] = scope.take('text_proj.1.weight', [undefined, channels]).shape
  const words = g.reshape(g.input('text_embedding', 'float32', [1, 'K', channels]), [-1, channels])
  const global = g.input('global_embedding', 'float32', [1, channels])
  const dense = g.input('visual_embedding', 'float32', [1, channels, 'h', 'w'])

  let memory = layerNorm(g, g.concat([global, rowsFromMap(g, dense, channels)], 0), scope.at('memory_proj', 0))
  memory = layerNorm(g, linear(g, memory, scope.at('memory_proj', 1), { bias: true }), scope.at('memory_proj', 2))
  let x = linear(g, layerNorm(g, words, scope.at('text_proj', 0)), scope.at('text_proj', 1), { bias: true })

  const attend = (queries: Floats, keys: Floats, module: Scope) => {
    const query = linear(g, queries, module.at('q_proj'), { bias: false, factor: attentionScale(width, heads) })
    const key = linear(g, keys, module.at('k_proj'), { bias: false })
    const value = linear(g, keys, module.at('v_proj'), { bias: false })
    const { output, weights } = attentionWithWeights(g, { query, key, value, heads, width })
    return {
      mixed: linear(g, output, module.at('proj'), { bias: true }),
      weights: g.op('Unsqueeze', [weights, g.sizes([0])])
    }
  }

  const layers = scope.at('decoder')
  const count = layers.count()
  const selfWeights: Floats[] = []
  const crossWeights: Floats[] = []
  for (let i = 0; i < count; i++) {
    const layer = layers.at(i)
    const normed = layerNorm(g, x, layer.at('norm1'))
    const among = attend(normed, normed, layer.at('self_attn'))
    x = g.add(x, among.mixed)
    const across = attend(layerNorm(g, x, layer.at('norm2')), memory, layer.at('cross_attn'))
    x = g.add(x, across.mixed)
    const hidden = gelu(g, linear(g, layerNorm(g, x, layer.at('norm3')), layer.at('mlp', 0), { bias: true }))
    x = g.add(x, linear(g, hidden, layer.at('mlp', 3), { bias: true }))
    selfWeights.push(among.weights)
    crossWeights.push(across.weights)
  }
  const difference = linear(g, layerNorm(g, x, scope.at('out_proj', 0)), scope.at('out_proj', 1), { bias: true })
  g.output('text_diff', g.reshape(difference, [1, -1, channels]), [1, 'K', channels])
  g.output('decoder_self_attention', g.concat(selfWeights, 0), [count, heads, 'K', 'K'])
  g.output('decoder_cross_attention', g.concat(crossWeights, 0), [count, heads, 'K', 'tokens'])
  return g.build()
}
