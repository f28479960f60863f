import type { Tensor } from '../tensor'
import { END_TOKEN } from './tokenizer'

/** Added to an attention weight before softmax where a row may not look. Finite, so that no provider makes NaN of it. */
export const MASKED = -1e9

/** Several names as one sequence of S rows: what the graph of a TextStage takes besides the embeddings. */
export interface PackedSequences {
  /** [S] the token of each row; −1 − p for the learned context p, whose row is taken from the checkpoint */
  readonly tokens: Int32Array<ArrayBuffer>
  /** [S] row of the positional embedding */
  readonly positions: Tensor<'int64'>
  /** [S, S] 0 where the query row (first axis) may look, MASKED where not */
  readonly mask: Tensor<'float32'>
  /** [K] row of each name's end token */
  readonly endRows: Tensor<'int64'>
}

/**
 * Packs names (ids with start and end, as `encodeName` gives them) behind one shared prefix: start, then `contexts`
 * learned vectors. Each name's own tokens follow, up to its end token. Since the text encoder looks only backwards,
 * every name's rows compute exactly what they would in a padded sequence of their own.
 *
 * The mask has S² values with S = 1 + contexts + all tokens of the names, so pack a few hundred names at a time.
 */
export function packSequences(names: readonly (readonly number[])[], contexts: number): PackedSequences {
  // the end is where the authors' argmax over the ids finds it: at the first of the highest
  const tails = names.map((ids) => ids.slice(1, ids.indexOf(END_TOKEN) + 1))
  const prefix = 1 + contexts
  const rows = tails.reduce((sum, tail) => sum + tail.length, prefix)

  const tokens = new Int32Array(rows)
  const positions = new BigInt64Array(rows)
  const mask = new Float32Array(rows * rows).fill(MASKED)
  const endRows = new BigInt64Array(names.length)

  tokens[0] = names[0]?.[0] ?? 0
  for (let row = 0; row < prefix; row++) {
    if (row > 0) tokens[row] = -row
    positions[row] = BigInt(row)
    mask.fill(0, row * rows, row * rows + row + 1)
  }
  let first = prefix
  tails.forEach((tail, name) => {
    tail.forEach((id, i) => {
      const row = first + i
      tokens[row] = id
      positions[row] = BigInt(prefix + i)
      mask.fill(0, row * rows, row * rows + prefix)
      mask.fill(0, row * rows + first, row * rows + row + 1)
    })
    first += tail.length
    endRows[name] = BigInt(first - 1)
  })

  return {
    tokens,
    positions: { dtype: 'int64', shape: [rows], data: positions },
    mask: { dtype: 'float32', shape: [rows, rows], data: mask },
    endRows: { dtype: 'int64', shape: [names.length], data: endRows }
  }
}

/** The tensor `token_ids` [K, contextLength]: start, name, end, zeros; learned contexts are not in it. */
export function tokenIdsTensor(names: readonly (readonly number[])[], contextLength: number): Tensor<'int32'> {
  const data = new Int32Array(names.length * contextLength)
  names.forEach((ids, name) => data.set(ids, name * contextLength))
  return { dtype: 'int32', shape: [names.length, contextLength], data }
}
