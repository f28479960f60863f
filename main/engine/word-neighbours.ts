import { WordDistances } from '#models/analysis/nearest-words'
import type { CallContext, LearnedContexts, NearestWordsRequest } from '#models/api'
import type { ContextWords, NearestWords } from '#models/words-api'
import type { TextStage } from '#models/architectures/architecture'
import { StudioError } from '#models/errors'
import { toFloat32, type Tensor } from '#models/tensor'
import { START_TOKEN, type Tokenizer } from '#models/text/tokenizer'
import { throwIfCancelled } from './cancellation'
import { textStage, type Models, type OpenModel } from './models'
import { clipTokenizer } from './resources'
import type { Runs } from './runs'

/** Rows of the vocabulary in memory: 8 MB at a width of 512, and half a second of work between two looks at the signal. */
const ROWS_AT_ONCE = 4096
/** Vectors that go through the vocabulary together: one float32 for each and every word, 12 MB. */
const VECTORS_AT_ONCE = 64
/** Answers kept for one model: some classes, both metrics. */
const KEPT = 64

/** Contexts [rows, width] of the classes from `first` on, or of all classes. */
interface Vectors {
  readonly data: Float32Array
  readonly first: number | undefined
}

/** The words of CLIP's vocabulary that learned contexts lie near; each question of a model is answered once. */
export class WordNeighbours {
  readonly #kept = new WeakMap<OpenModel, Map<string, NearestWords>>()

  constructor(
    private readonly models: Models,
    private readonly runs: Runs
  ) {}

  /**
   * 16 vectors of width 512 against 49,406 words take 0.4 s, so the 150 classes of ADE20K a minute: ask for one class.
   * Throws StudioErrors: `unavailable` where the model has no learned contexts, `range` for a class that it has not.
   */
  async nearest(request: NearestWordsRequest, context: CallContext): Promise<NearestWords> {
    const model = await this.models.use(request.model)
    const kept = this.#kept.get(model) ?? new Map<string, NearestWords>()
    this.#kept.set(model, kept)
    const key = JSON.stringify([request.count, request.metric, request.classIndex, request.run])
    const known = kept.get(key)
    if (known) return known
    const answer = await this.#search(model, request, context)
    kept.set(key, answer)
    for (const oldest of kept.keys()) {
      if (kept.size <= KEPT) break
      kept.delete(oldest)
    }
    return answer
  }

  async #search(model: OpenModel, request: NearestWordsRequest, context: CallContext): Promise<NearestWords> {
    const stage = textStage(model.detection)
    const learned = model.info.learnedContexts
    if (!stage?.contexts || !learned) {
      throw new StudioError('unavailable', `${model.file.name} has no learned contexts: there is nothing to look up.`, {
        file: model.file.name
      })
    }
    const groups = await this.#vectors(stage.contexts, learned, request, context)
    const words = Math.min(stage.tokenEmbedding.shape[0] ?? 0, START_TOKEN)
    const tokenizer = await clipTokenizer()
    const contexts: ContextWords[] = []
    for (const [done, { data, first }] of groups.entries()) {
      const onShare = (share: number): void =>
        context.onProgress?.({
          step: 'nearest_words',
          share: (done + share) / groups.length,
          remainingMs: undefined
        })
      const found = await neighbours(data, stage, { ...request, words }, { signal: context.signal, onShare })
      found.forEach(({ nearest, median }, row) => {
        contexts.push({
          classIndex: first === undefined ? undefined : first + Math.floor(row / learned.count),
          index: first === undefined ? row : row % learned.count,
          nearest: nearest.map(({ id, value }) => ({ ...wordOf(tokenizer, id), value })),
          median
        })
      })
    }
    return { metric: request.metric, words, contexts }
  }

  /** What is asked for, in parts that go through the vocabulary one after another. */
  async #vectors(
    stored: NonNullable<TextStage['contexts']>,
    { count, classes, ofPicture }: LearnedContexts,
    { classIndex, run }: NearestWordsRequest,
    context: CallContext
  ): Promise<Vectors[]> {
    if (run !== undefined) {
      if (ofPicture === undefined) {
        throw new StudioError('unavailable', 'The contexts of this model are the same for every picture.')
      }
      return [vectors(await this.runs.tensor({ run, name: ofPicture }, context), undefined)]
    }
    if (classes === undefined) {
      if (classIndex !== undefined) {
        throw new StudioError('unavailable', 'The contexts of this model are the same for every class.')
      }
      return [vectors(await stored.read(), undefined)]
    }
    if (classIndex !== undefined) {
      if (!Number.isInteger(classIndex) || classIndex < 0 || classIndex >= classes) {
        throw new StudioError('range', `There is no class ${classIndex}: contexts were learned for ${classes} classes.`)
      }
      return [vectors(await stored.readRows(classIndex, classIndex + 1), classIndex)]
    }
    const together = Math.max(1, Math.floor(VECTORS_AT_ONCE / count))
    const groups: Vectors[] = []
    for (let first = 0; first < classes; first += together) {
      groups.push(vectors(await stored.readRows(first, Math.min(first + together, classes)), first))
    }
    return groups
  }
}

function vectors(tensor: Tensor, first: number | undefined): Vectors {
  return { data: toFloat32(tensor).data, first }
}

async function neighbours(
  data: Float32Array,
  { tokenEmbedding }: TextStage,
  { words, metric, count }: Pick<NearestWordsRequest, 'metric' | 'count'> & { readonly words: number },
  { signal, onShare }: { readonly signal?: AbortSignal | undefined; readonly onShare: (share: number) => void }
) {
  const distances = new WordDistances(data, tokenEmbedding.shape[1] ?? 0, words, metric)
  for (let start = 0; start < words; start += ROWS_AT_ONCE) {
    await throwIfCancelled(signal)
    const end = Math.min(start + ROWS_AT_ONCE, words)
    distances.add(toFloat32(await tokenEmbedding.readRows(start, end)).data)
    onShare(end / words)
  }
  return distances.nearest(count)
}

function wordOf(tokenizer: Tokenizer, id: number): { id: number; text: string; endsWord: boolean } {
  return { id, ...tokenizer.token(id) }
}
