import type { WordMetric } from './analysis/nearest-words'

/* What the engine answers about the words near learned contexts (api.ts). */

/** A token of CLIP's vocabulary near a vector. */
export interface NearWord {
  readonly id: number
  /** without the mark of a word's end; bytes that are no text as \xE2 */
  readonly text: string
  /** a whole word or the last part of one */
  readonly endsWord: boolean
  /** Euclidean distance in the space of token embeddings, or cosine */
  readonly value: number
}

export interface ContextWords {
  /** undefined where all classes share the contexts */
  readonly classIndex: number | undefined
  /** v1 is 0 */
  readonly index: number
  /** nearest first */
  readonly nearest: readonly NearWord[]
  /** of the distances (cosines) to all words: a nearest word hardly nearer than that means little */
  readonly median: number
}

export interface NearestWords {
  readonly metric: WordMetric
  /** words compared with: the vocabulary without start and end */
  readonly words: number
  readonly contexts: readonly ContextWords[]
}
