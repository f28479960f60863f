import type { StoredTensor } from '../checkpoints/checkpoint'
import { GraphBuilder } from './builder'
import type { Graph } from './graph'
import { linear, relu } from './layers'
import type { Scope } from './scope'
import { normalised } from './score-map'
import { plain } from './weights'

/**
 * CoCoOp's contexts of one picture: what two layers make of ẑ̄ [1, C] shifts all P learned vectors alike. Gives
 * `instance_contexts` [1, P, d]. `scope` sees `linear1` and `linear2`.
 */
export function buildInstanceContexts(channels: number, contexts: StoredTensor, scope: Scope): Graph {
  const [count = 0, width = 0] = contexts.shape
  const g = new GraphBuilder('meta_net')
  const global = g.input('global_embedding', 'float32', [1, channels])
  const hidden = relu(g, linear(g, normalised(g, global, 1), scope.at('linear1'), { bias: true }))
  const shift = linear(g, hidden, scope.at('linear2'), { bias: true })
  const shifted = g.add(g.weight(plain(contexts)), shift)
  g.output('instance_contexts', g.reshape(shifted, [1, count, width]), [1, count, width])
  return g.build()
}
