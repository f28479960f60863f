import type { ProviderName } from '#models/api'
import type { TextStage } from '#models/architectures/architecture'
import { StudioError } from '#models/errors'
import { float32Tensor, toFloat32, type Tensor } from '#models/tensor'
import { packSequences, tokenIdsTensor } from '#models/text/packing'
import type { Tokenizer } from '#models/text/tokenizer'

/**
 * Rows packed into one run of the graph. What attention costs grows with their square, all the rest with their number:
 * on a processor one run of ADE20K's 150 names (some 400 rows) is faster than several shorter ones, and beyond a
 * thousand rows the square takes over.
 */
const ROWS_PER_RUN = 768
/** Names whose embeddings are kept: a few lists of the largest data sets, 20 MB at a width of 1024. */
const KEPT_NAMES = 5000

/** text_embedding, and what it was computed on. */
export interface Embedded {
  readonly embedding: Tensor
  readonly provider: ProviderName
}

/** Runs the text graph: its inputs by name → text_embedding [k, C]. */
export type RunText = (inputs: ReadonlyMap<string, Tensor>) => Promise<Embedded>

/** Encodes class names with the text side of one model, each name once. */
export class TextEncoder {
  readonly #embeddings = new Map<string, Float32Array<ArrayBuffer>>()
  readonly #tokenRows = new Map<number, Float32Array<ArrayBuffer>>()
  #provider: ProviderName = 'cpu'
  #contexts: Promise<Tensor<'float32'> | undefined> | undefined

  constructor(
    private readonly stage: Pick<TextStage, 'tokenEmbedding' | 'contexts' | 'contextLength'>,
    private readonly tokenizer: Tokenizer
  ) {}

  /** token_ids [K, N]. Throws a StudioError `too-long` that says how many tokens fit. */
  tokenIds(names: readonly string[]): Tensor<'int32'> {
    return tokenIdsTensor(this.#ids(names), this.stage.contextLength)
  }

  /** text_embedding [1, K, C] of the names in order; names that were encoded before are not encoded again. */
  async embed(names: readonly string[], run: RunText): Promise<Embedded> {
    const unknown = [...new Set(names)].filter((name) => !this.#embeddings.has(name))
    const ids = this.#ids(unknown)
    const fresh = new Map<string, Float32Array<ArrayBuffer>>()
    for (const part of partsOf(ids)) {
      const result = await run(await this.#pack(ids.slice(part.first, part.end)))
      this.#provider = result.provider
      const { data, shape } = toFloat32(result.embedding)
      const width = shape[1] ?? 0
      unknown.slice(part.first, part.end).forEach((name, i) => fresh.set(name, data.slice(i * width, (i + 1) * width)))
    }
    const rows = names.map((name) => {
      const row = fresh.get(name) ?? this.#embeddings.get(name)
      if (!row) throw new StudioError('engine', `The text encoder gave nothing for “${name}”.`)
      return row
    })
    this.#keep(names, rows)
    const width = rows[0]?.length ?? 0
    const tensor = float32Tensor([1, names.length, width])
    rows.forEach((row, i) => tensor.data.set(row, i * width))
    return { embedding: tensor, provider: this.#provider }
  }

  /** Embeddings of another provider differ in the last digits. */
  forget(): void {
    this.#embeddings.clear()
  }

  #ids(names: readonly string[]): number[][] {
    return names.map((name) => this.tokenizer.encodeName(name, this.stage.contextLength))
  }

  /** The latest names last, so that the first are those to drop. */
  #keep(names: readonly string[], rows: readonly Float32Array<ArrayBuffer>[]): void {
    names.forEach((name, i) => {
      const row = rows[i]
      this.#embeddings.delete(name)
      if (row) this.#embeddings.set(name, row)
    })
    for (const oldest of this.#embeddings.keys()) {
      if (this.#embeddings.size <= KEPT_NAMES) break
      this.#embeddings.delete(oldest)
    }
  }

  async #pack(ids: readonly (readonly number[])[]): Promise<Map<string, Tensor>> {
    const contexts = await this.#readContexts()
    const { tokens, positions, mask, endRows } = packSequences(ids, contexts?.shape[0] ?? 0)
    const [vocabulary = 0, width = 0] = this.stage.tokenEmbedding.shape
    const embeddings = float32Tensor([tokens.length, width])
    for (const [row, token] of tokens.entries()) {
      if (token >= vocabulary) {
        throw new StudioError('mismatch', `The text encoder knows ${vocabulary} tokens, too few for CLIP's tokenizer.`)
      }
      const learned = -1 - token
      const values =
        token < 0 ? contexts?.data.subarray(learned * width, (learned + 1) * width) : await this.#tokenRow(token)
      if (values) embeddings.data.set(values, row * width)
    }
    return new Map<string, Tensor>([
      ['embeddings', embeddings],
      ['positions', positions],
      ['mask', mask],
      ['end_rows', endRows]
    ])
  }

  /** A vector of the token embedding, which stays in its file: of 49,408 rows a class list needs some hundred. */
  async #tokenRow(token: number): Promise<Float32Array<ArrayBuffer>> {
    const known = this.#tokenRows.get(token)
    if (known) return known
    const { data } = toFloat32(await this.stage.tokenEmbedding.readRows(token, token + 1))
    this.#tokenRows.set(token, data)
    return data
  }

  #readContexts(): Promise<Tensor<'float32'> | undefined> {
    this.#contexts ??= (async () => {
      const { contexts } = this.stage
      return contexts && toFloat32(await contexts.read())
    })()
    return this.#contexts
  }
}

/** [first, end) of names that are encoded together: as many as fit, at least one. */
function partsOf(ids: readonly (readonly number[])[]): { first: number; end: number }[] {
  const parts: { first: number; end: number }[] = []
  let rows = Infinity
  for (const [i, { length }] of ids.entries()) {
    rows += length
    const part = parts.at(-1)
    if (part && rows <= ROWS_PER_RUN) part.end = i + 1
    else {
      parts.push({ first: i, end: i + 1 })
      rows = length
    }
  }
  return parts
}
