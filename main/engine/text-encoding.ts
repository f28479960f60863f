import { createHash } from 'node:crypto'
import type { ProviderName } from '#models/api'
import type { TextStage } from '#models/architectures/architecture'
import { StudioError } from '#models/errors'
import { float32Tensor, toFloat32, type Tensor } from '#models/tensor'
import { packSequences, tokenIdsTensor } from '#models/text/packing'
import { sequenceOf, type Sequence } from '#models/text/sequences'
import { filledTemplate, meanDirection } from '#models/text/templates'
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

/** What the words depend on besides themselves. */
export interface TextChoices {
  /** with {} for the name; the mean over them is taken */
  readonly templates?: readonly string[] | undefined
  /** contexts [1, P, d] made for one picture, in place of the learned ones; what they give is not kept */
  readonly contexts?: Tensor | undefined
}

type Row = Float32Array<ArrayBuffer>

interface Word {
  readonly name: string
  /** in the list of classes */
  readonly index: number
  /** what it is kept by */
  readonly key: string
}

/** Encodes class names with the text side of one model, each name once. */
export class TextEncoder {
  readonly #embeddings = new Map<string, Row>()
  readonly #tokenRows = new Map<number, Row>()
  #provider: ProviderName = 'cpu'
  #contexts: Promise<Tensor<'float32'> | undefined> | undefined

  constructor(
    private readonly stage: Pick<
      TextStage,
      'tokenEmbedding' | 'contexts' | 'contextsFrom' | 'contextLength' | 'namePosition' | 'wording'
    >,
    private readonly tokenizer: Tokenizer
  ) {}

  /** token_ids [K, N]. Throws a StudioError `too-long` that says how many tokens fit. */
  tokenIds(names: readonly string[]): Tensor<'int32'> {
    return tokenIdsTensor(
      names.map((name) => this.#tokens(name).ids),
      this.stage.contextLength
    )
  }

  /**
   * text_embedding [1, K, C] of the names in order; names that were encoded before are not encoded again. Throws
   * StudioErrors: `too-long`, `invalid` for a template without {}, `mismatch` for another number of names than contexts
   * were learned for.
   */
  async embed(names: readonly string[], run: RunText, choices: TextChoices = {}): Promise<Embedded> {
    this.#checkCount(names)
    const known = choices.contexts ? new Map<string, Row>() : this.#embeddings
    const key = this.#keys(choices)
    const words = names.map((name, index): Word => ({ name, index, key: key(name, index) }))
    const unknown = new Map(words.filter((word) => !known.has(word.key)).map((word) => [word.key, word]))
    const fresh = await this.#encode([...unknown.values()], run, choices)
    const rows = words.map((word) => {
      const row = fresh.get(word.key) ?? known.get(word.key)
      if (!row) throw new StudioError('engine', `The text encoder gave nothing for “${word.name}”.`)
      return row
    })
    if (!choices.contexts) this.#keep(words, rows)
    const width = rows[0]?.length ?? 0
    const tensor = float32Tensor([1, names.length, width])
    rows.forEach((row, i) => tensor.data.set(row, i * width))
    return { embedding: tensor, provider: this.#provider }
  }

  /** Embeddings of another provider differ in the last digits. */
  forget(): void {
    this.#embeddings.clear()
  }

  /** How many contexts stand in a sequence, and whether each class has its own. */
  get #learned(): { count: number; classes: number | undefined } {
    const { contexts, contextsFrom } = this.stage
    if (contextsFrom) return { count: contextsFrom.count, classes: undefined }
    const shape = contexts?.shape ?? []
    return { count: shape.at(-2) ?? 0, classes: shape.length > 2 ? shape[0] : undefined }
  }

  #checkCount(names: readonly string[]): void {
    const { classes } = this.#learned
    if (classes === undefined || classes === names.length) return
    throw new StudioError(
      'mismatch',
      `Contexts were learned for each of ${classes} classes, and the list has ${names.length}: give those of training, in their order.`
    )
  }

  #keys({ templates }: TextChoices): (name: string, index: number) => string {
    const list = templates ? createHash('sha256').update(JSON.stringify(templates)).digest('hex').slice(0, 16) : ''
    const isOwn = this.#learned.classes !== undefined
    return (name, index) => JSON.stringify([list, isOwn ? index : 0, name])
  }

  /** Ids with start and end, and how many of them are the name's own. */
  #tokens(name: string): { ids: number[]; nameTokens: number } {
    const { wording, contextLength } = this.stage
    const { name: text, ending } = wording?.(name) ?? { name, ending: '' }
    const ids = this.tokenizer.encodeName(text + ending, contextLength)
    return { ids, nameTokens: ending ? this.tokenizer.encode(text).length : ids.length - 2 }
  }

  #sequence(text: string, index: number): Sequence {
    const { count, classes } = this.#learned
    const { ids, nameTokens } = this.#tokens(text)
    if (count === 0) return sequenceOf(ids)
    const { namePosition: position = 'end' } = this.stage
    return sequenceOf(ids, { first: classes === undefined ? 0 : index * count, count, position, nameTokens })
  }

  async #encode(words: readonly Word[], run: RunText, { templates, contexts }: TextChoices): Promise<Map<string, Row>> {
    // template by template, so that neighbours have most of their rows in common
    const texts = (templates ?? [undefined]).flatMap((template) =>
      words.map(({ name, index, key }) => {
        const text = template === undefined ? name : filledTemplate(template, name)
        return { key, sequence: this.#sequence(text, index) }
      })
    )
    const found = new Map<string, Row[]>()
    for (const { first, end } of partsOf(texts.map(({ sequence }) => sequence))) {
      const part = texts.slice(first, end)
      const result = await run(
        await this.#pack(
          part.map(({ sequence }) => sequence),
          contexts
        )
      )
      this.#provider = result.provider
      const { data, shape } = toFloat32(result.embedding)
      const width = shape[1] ?? 0
      part.forEach(({ key }, i) => {
        found.set(key, [...(found.get(key) ?? []), data.slice(i * width, (i + 1) * width)])
      })
    }
    const single = (rows: readonly Row[]): Row => (templates ? meanDirection(rows) : (rows[0] ?? new Float32Array(0)))
    return new Map(Array.from(found, ([key, rows]) => [key, single(rows)]))
  }

  /** The latest names last, so that the first are those to drop. */
  #keep(words: readonly Word[], rows: readonly Row[]): void {
    words.forEach(({ key }, i) => {
      const row = rows[i]
      this.#embeddings.delete(key)
      if (row) this.#embeddings.set(key, row)
    })
    for (const oldest of this.#embeddings.keys()) {
      if (this.#embeddings.size <= KEPT_NAMES) break
      this.#embeddings.delete(oldest)
    }
  }

  async #pack(sequences: readonly Sequence[], given: Tensor | undefined): Promise<Map<string, Tensor>> {
    const contexts = given ? toFloat32(given) : await this.#readContexts()
    const { tokens, positions, mask, endRows } = packSequences(sequences)
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
  async #tokenRow(token: number): Promise<Row> {
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

/** [first, end) of sequences that are encoded together: as many as fit, at least one. */
function partsOf(sequences: readonly Sequence[]): { first: number; end: number }[] {
  const parts: { first: number; end: number }[] = []
  let rows = Infinity
  for (const [i, sequence] of sequences.entries()) {
    // packing may find more in common than neighbours have, never less
    rows += sequence.length - commonRows(sequences[i - 1] ?? [], sequence)
    const part = parts.at(-1)
    if (part && rows <= ROWS_PER_RUN) part.end = i + 1
    else {
      parts.push({ first: i, end: i + 1 })
      rows = sequence.length
    }
  }
  return parts
}

/** How many rows two sequences begin with alike. */
function commonRows(one: Sequence, other: Sequence): number {
  const differs = other.findIndex((token, row) => token !== one[row])
  return differs < 0 ? other.length : differs
}
