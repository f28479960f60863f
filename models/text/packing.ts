import type { Tensor } from '../tensor'
import type { Sequence } from './sequences'

/** Added to an attention weight before softmax where a row may not look. Finite, so that no provider makes NaN of it. */
export const MASKED = -1e9

/** Several sequences as one of S rows: what the graph of a TextStage takes besides the embeddings. */
export interface PackedSequences {
  /** [S] what stands in each row, as in a Sequence */
  readonly tokens: Int32Array<ArrayBuffer>
  /** [S] row of the positional embedding */
  readonly positions: Tensor<'int64'>
  /** [S, S] 0 where the query row (first axis) may look, MASKED where not */
  readonly mask: Tensor<'float32'>
  /** [K] last row of each sequence */
  readonly endRows: Tensor<'int64'>
}

/**
 * Packs sequences as a tree: what several of them begin with (the start token, contexts that all share, the words of a
 * template) is there once, and each row sees itself and what leads to it. Since the text encoder looks only backwards,
 * every row computes exactly what it would in a padded sequence of its own.
 *
 * The mask has S² values with S at most the rows of all sequences, so pack a few hundred rows at a time.
 */
export function packSequences(sequences: readonly Sequence[]): PackedSequences {
  const tokens: number[] = []
  const depths: number[] = []
  const parents: number[] = []
  const children: Map<number, number>[] = []
  const roots = new Map<number, number>()
  const endRows = sequences.map((sequence) => {
    let at = -1
    let branches = roots
    sequence.forEach((token, depth) => {
      let row = branches.get(token)
      if (row === undefined) {
        row = tokens.length
        branches.set(token, row)
        tokens.push(token)
        depths.push(depth)
        parents.push(at)
        children.push(new Map())
      }
      at = row
      branches = children[row] ?? roots
    })
    return BigInt(at)
  })

  const rows = tokens.length
  const mask = new Float32Array(rows * rows).fill(MASKED)
  parents.forEach((parent, row) => {
    if (parent >= 0) mask.copyWithin(row * rows, parent * rows, (parent + 1) * rows)
    mask[row * rows + row] = 0
  })
  return {
    tokens: Int32Array.from(tokens),
    positions: { dtype: 'int64', shape: [rows], data: BigInt64Array.from(depths, BigInt) },
    mask: { dtype: 'float32', shape: [rows, rows], data: mask },
    endRows: { dtype: 'int64', shape: [sequences.length], data: BigInt64Array.from(endRows) }
  }
}

/** The tensor `token_ids` [K, contextLength]: start, name, end, zeros; learned contexts are not in it. */
export function tokenIdsTensor(names: readonly (readonly number[])[], contextLength: number): Tensor<'int32'> {
  const data = new Int32Array(names.length * contextLength)
  names.forEach((ids, name) => data.set(ids, name * contextLength))
  return { dtype: 'int32', shape: [names.length, contextLength], data }
}
