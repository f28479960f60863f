import type { StoredTensor } from '../checkpoints/checkpoint'
import type { Scope } from '../graph/scope'
import { buildTextEncoder, type TextOptions } from '../graph/text-transformer'
import type { TextStage } from './architecture'
import type { Facts } from './facts'

export interface ClipTextOptions extends Pick<TextOptions, 'activation'> {
  /** learned contexts [P, d], or [K, P, d] of each class, where the model has some */
  readonly contexts: ((width: number) => StoredTensor) | undefined
  /** rows between the learned contexts and the name that something else fills */
  readonly inserted?: number
  readonly configuredHeads: number | undefined
  /** C, which the words have to share with the picture */
  readonly channels: number
}

/** CLIP's text encoder, with or without learned contexts behind the start token. */
export function clipTextStage(scope: Scope, facts: Facts, options: ClipTextOptions): TextStage {
  const [positions = 0, width = 0] = scope.take('positional_embedding', [undefined, undefined]).shape
  const tokenEmbedding = scope.take('token_embedding.weight', [undefined, width])
  scope.take('text_projection', [width, options.channels])
  const contexts = options.contexts?.(width)
  const learned = contexts?.shape.at(-2) ?? 0
  const contextLength = positions - learned - (options.inserted ?? 0)
  facts.fromShape('text_width', width)
  facts.fromShape('text_layers', scope.at('transformer', 'resblocks').count())
  if (contexts) {
    facts.fromShape('text_positions', positions)
    facts.fromShape('learned_contexts', learned)
    facts.fromShape('name_context_length', contextLength)
  } else facts.fromShape('context_length', positions)
  facts.fromShape('vocab_size', tokenEmbedding.shape[0] ?? 0)
  const rule = Math.max(1, Math.floor(width / 64))
  const heads = facts.heads('text_heads', width, { configured: options.configuredHeads, rule })
  const graph = buildTextEncoder(scope, { heads, activation: options.activation })
  return {
    kind: 'text',
    id: 'text_encoder',
    outputs: ['text_embedding'],
    tokenEmbedding,
    contexts,
    contextLength,
    build: () => graph
  }
}
