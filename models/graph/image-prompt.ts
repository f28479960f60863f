import type { StoredTensor } from '../checkpoints/checkpoint'
import { GraphBuilder, int } from './builder'
import type { Graph } from './graph'
import { derived, plain } from './weights'

/** One linear layer from the joint space of pictures and words into that of tokens. */
export interface Projection {
  /** [d, C] */
  readonly weight: StoredTensor
  /** [d] */
  readonly bias: StoredTensor | undefined
}

/**
 * The picture as one more token of every prompt, [p, I, e_k] (Yu et al. 2023, ICPC): I = W z̄ + b of z̄ [1, C], or z̄
 * itself where there is no projection (d = C then). Gives `image_prompt` [1, 1, d], and what stands before the names,
 * `instance_contexts` [1, P + 1, d]: the learned contexts [P, d] with I behind them.
 */
export function buildImagePrompt(channels: number, contexts: StoredTensor, projection: Projection | undefined): Graph {
  const [count = 0, width = 0] = contexts.shape
  const g = new GraphBuilder('image_prompt')
  const global = g.input('global_embedding', 'float32', [1, channels])
  // the names in a projection's file are its own, and may be those of other weights of the model
  const own = (name: string, stored: StoredTensor) =>
    g.weight(derived(name, stored.shape, [stored], (values) => values))
  const bias = projection?.bias && own('image_prompt.bias', projection.bias)
  const prompt = projection
    ? g.op('Gemm', [global, own('image_prompt.weight', projection.weight), ...(bias ? [bias] : [])], { transB: int(1) })
    : global
  const all = g.concat([g.weight(plain(contexts)), prompt], 0)
  g.output('image_prompt', g.reshape(prompt, [1, 1, width]), [1, 1, width])
  g.output('instance_contexts', g.reshape(all, [1, count + 1, width]), [1, count + 1, width])
  return g.build()
}
