import type { StoredTensor } from '../checkpoints/checkpoint'
import { GraphBuilder } from './builder'
import type { Graph } from './graph'
import { derived } from './weights'

/** Words that were encoded beforehand: a stored matrix [K, C] as `text_embedding` [1, K, C]. */
export function buildStoredWords(matrix: StoredTensor): Graph {
  const [classes = 0, channels = 0] = matrix.shape
  const shape = [1, classes, channels]
  const g = new GraphBuilder('stored_words')
  // a matrix that is saved alone has no name
  const words = g.weight(derived('text_embeddings', shape, [matrix], (values) => values))
  g.output('text_embedding', words, shape)
  return g.build()
}
