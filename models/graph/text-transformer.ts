import { rightProjection } from './attention'
import { GraphBuilder, int } from './builder'
import type { Graph } from './graph'
import { EPSILON, layerNorm } from './layers'
import type { Scope } from './scope'
import { residualAttentionBlock, type TransformerOptions } from './transformer'
import { plain } from './weights'

export type TextOptions = Pick<TransformerOptions, 'heads' | 'activation'>

/**
 * CLIP's text encoder over packed rows, with the inputs and the output of TextStage (architectures/architecture.ts).
 * `scope` sees `positional_embedding`, `transformer.resblocks`, `ln_final` and `text_projection`.
 */
export function buildTextEncoder(scope: Scope, { heads, activation }: TextOptions): Graph {
  const g = new GraphBuilder('text_encoder')
  const positional = scope.take('positional_embedding', [undefined, undefined])
  const [, width = 0] = positional.shape
  const embeddings = g.input('embeddings', 'float32', ['S', width])
  const positions = g.input('positions', 'int64', ['S'])
  const mask = g.input('mask', 'float32', ['S', 'S'])
  const endRows = g.input('end_rows', 'int64', ['k'])

  let x = g.add(embeddings, g.op('Gather', [g.weight(plain(positional)), positions], { axis: int(0) }))
  const blocks = scope.at('transformer', 'resblocks')
  for (let i = 0; i < blocks.count(); i++) {
    x = residualAttentionBlock(g, x, blocks.at(i), { width, heads, activation, epsilon: EPSILON, mask })
  }
  const ends = layerNorm(g, g.op('Gather', [x, endRows], { axis: int(0) }), scope.at('ln_final'))
  const projection = scope.take('text_projection', [width, undefined])
  g.output('text_embedding', rightProjection(g, ends, scope, 'text_projection'), ['k', projection.shape[1] ?? 0])
  return g.build()
}
