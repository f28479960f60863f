/** How far a vector is from a word: Euclidean distance, as CoOp's authors measure it, or the cosine of the two. */
export const WORD_METRICS = ['euclidean', 'cosine'] as const
export type WordMetric = (typeof WORD_METRICS)[number]

export interface Neighbours {
  /** row of the vocabulary and its distance (lowest first) or cosine (highest first) */
  readonly nearest: readonly { readonly id: number; readonly value: number }[]
  /** of the values to all words: where the nearest is hardly nearer than that, it means little */
  readonly median: number
}

/** Vectors that go through the vocabulary together: each value of a word is then loaded once for four of them. */
const TOGETHER = 4

/**
 * Distances of a few vectors to every word of a vocabulary, which comes in blocks of rows: it has 49,408 × 512 numbers
 * and more. What is kept is one float32 a vector and word (3 MB for 16 vectors); the differences are squared and summed
 * in double precision as they are, since |v|² + |w|² − 2v·w loses the digits that tell near words apart.
 *
 * Zhou et al., 2022, §4.2 and interpret_prompt.py: the Euclidean distance of a context to the rows of token_embedding.
 */
export class WordDistances {
  /** [vectors, words], squared */
  readonly #squares: Float32Array<ArrayBuffer>
  readonly #vectors: Float32Array<ArrayBuffer>
  readonly #count: number
  #words = 0

  /**
   * @param vectors [n, width], row-major
   * @param words how many there will be
   */
  constructor(
    vectors: Float32Array,
    private readonly width: number,
    private readonly words: number,
    private readonly metric: WordMetric
  ) {
    this.#count = vectors.length / width
    this.#vectors = new Float32Array(Math.ceil(this.#count / TOGETHER) * TOGETHER * width)
    this.#vectors.set(vectors)
    if (metric === 'cosine') normalise(this.#vectors, width)
    this.#squares = new Float32Array(this.#count * words)
  }

  /** The next rows of the vocabulary, [rows, width]. */
  add(rows: Float32Array): void {
    const { width, words } = this
    const block = this.metric === 'cosine' ? normalise(new Float32Array(rows), width) : rows
    const vectors = this.#vectors
    const count = block.length / width
    for (let row = 0; row < count; row++) {
      const from = row * width
      for (let first = 0; first < this.#count; first += TOGETHER) {
        const v0 = first * width
        const v1 = v0 + width
        const v2 = v1 + width
        const v3 = v2 + width
        let s0 = 0
        let s1 = 0
        let s2 = 0
        let s3 = 0
        for (let i = 0; i < width; i++) {
          const value = block[from + i] ?? 0
          const d0 = value - (vectors[v0 + i] ?? 0)
          const d1 = value - (vectors[v1 + i] ?? 0)
          const d2 = value - (vectors[v2 + i] ?? 0)
          const d3 = value - (vectors[v3 + i] ?? 0)
          s0 += d0 * d0
          s1 += d1 * d1
          s2 += d2 * d2
          s3 += d3 * d3
        }
        const sums = [s0, s1, s2, s3]
        const last = Math.min(TOGETHER, this.#count - first)
        for (let k = 0; k < last; k++) this.#squares[(first + k) * words + this.#words + row] = sums[k] ?? 0
      }
    }
    this.#words += count
  }

  /** For each vector the `count` nearest words; of words equally near, the earlier first. */
  nearest(count: number): Neighbours[] {
    return Array.from({ length: this.#count }, (_, vector) => {
      const squares = this.#squares.subarray(vector * this.words, (vector + 1) * this.words)
      const sorted = squares.slice().sort()
      const farthest = sorted[Math.min(count, sorted.length) - 1] ?? NaN
      const near: { id: number; square: number }[] = []
      squares.forEach((square, id) => {
        if (square <= farthest) near.push({ id, square })
      })
      near.sort((a, b) => a.square - b.square || a.id - b.id)
      const middle = (sorted.length - 1) / 2
      const median =
        (this.#value(sorted[Math.floor(middle)] ?? NaN) + this.#value(sorted[Math.ceil(middle)] ?? NaN)) / 2
      return { nearest: near.slice(0, count).map(({ id, square }) => ({ id, value: this.#value(square) })), median }
    })
  }

  /** Of vectors of length one, |v − w|² = 2 − 2 cos. */
  #value(square: number): number {
    return this.metric === 'cosine' ? 1 - square / 2 : Math.sqrt(square)
  }
}

/** PyTorch's F.normalize divides by at least this. */
const EPSILON = 1e-12

/** Rows brought to length one, in place. */
function normalise(rows: Float32Array<ArrayBuffer>, width: number): Float32Array<ArrayBuffer> {
  for (let from = 0; from < rows.length; from += width) {
    const row = rows.subarray(from, from + width)
    let square = 0
    for (const value of row) square += value * value
    const length = Math.max(Math.sqrt(square), EPSILON)
    for (let i = 0; i < width; i++) row[i] = (row[i] ?? 0) / length
  }
  return rows
}
