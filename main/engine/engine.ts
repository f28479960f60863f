import { totalmem } from 'node:os'
import { join } from 'node:path'
import type { Engine, EngineStatus, LabelsId, ProviderName } from '#models/api'
import { crossEntropy } from '#models/analysis/cross-entropy'
import { addToConfusion, emptyConfusion, meanIou } from '#models/analysis/iou'
import { labelTargets, relabelled } from '#models/analysis/label-classes'
import { END_TOKEN, START_TOKEN } from '#models/text/tokenizer'
import { pcaRgb, similarity } from './cell-maps'
import { FileHashes } from './file-hash'
import { compareCheckpoints, weights } from './doctor'
import { inspect } from './inspect'
import { LabelImages } from './labels'
import { MemoryBudget } from './memory-budget'
import { ModelCache } from './model-cache'
import { Models } from './models'
import { WordNeighbours } from './word-neighbours'
import { Pictures, scaledPixels } from './pictures'
import { Pipeline } from './pipeline'
import { probe } from './probe'
import { Durations } from './progress'
import { Providers } from './providers'
import { clipTokenizer } from './resources'
import { Runs, type Run } from './runs'
import { copyOf } from './slice'
import { TensorStore } from './tensor-store'
import { physicalCores } from './threads'

/** Tensors kept for views: at most this, and at most a quarter of the machine's memory. */
const TENSOR_LIMIT_BYTES = 2 * 2 ** 30

export interface EngineOptions {
  /** where compiled models and file hashes are kept */
  readonly cacheFolder: string
  /** threads of one session; as many as there are cores, where not given */
  readonly threads?: number | undefined
  /** bytes of compiled models that are kept on disk */
  readonly cacheLimitBytes?: number | undefined
  /** bytes of tensors that are kept in memory */
  readonly tensorLimitBytes?: number | undefined
}

/** An engine in this process: whoever made it ends it. */
export interface LocalEngine extends Engine {
  /** Frees sessions and closes files; only needed where the process goes on. */
  close(): Promise<void>
}

/** The engine: models, pictures and runs behind the one contract, with no knowledge of who asks. */
export function createEngine(options: EngineOptions): LocalEngine {
  const threads = options.threads ?? physicalCores()
  const cache = new ModelCache(join(options.cacheFolder, 'models'), options.cacheLimitBytes)
  const hashes = new FileHashes(join(options.cacheFolder, 'hashes'))
  const providers = new Providers()
  const pictures = new Pictures(hashes)
  const labelImages = new LabelImages()
  const store = new TensorStore(options.tensorLimitBytes ?? Math.min(TENSOR_LIMIT_BYTES, totalmem() / 4))
  const models = new Models(cache, hashes, providers, threads, new MemoryBudget(store))
  const runs = new Runs(models, pictures, new Pipeline(store, new Durations()), store)

  const words = new WordNeighbours(models, runs)

  async function status(): Promise<EngineStatus> {
    const provider = await providers.current()
    return {
      provider,
      providers: providers.status(),
      threads,
      residentBytes: process.memoryUsage.rss(),
      tensorBytes: store.bytes,
      cacheBytes: await cache.sizeBytes(),
      cacheLimitBytes: cache.limitBytes
    }
  }

  async function useProvider(provider: ProviderName | 'auto'): Promise<EngineStatus> {
    await providers.choose(provider)
    // what another provider computed would pass for this one's
    await models.releaseSessions()
    store.drop('')
    return status()
  }

  /** Labels at the size of the picture; they count the checkpoint's own classes, and the run may have others. */
  function truthOf({ picture, model, request }: Run, labels: LabelsId): Uint16Array {
    const { width, height } = picture.info
    const own = labelImages.resized(labels, { width, height }).labels
    return relabelled(own, labelTargets(model.info.classes, request.classes))
  }

  return {
    close: () => models.closeAll(),
    status,
    useProvider: ({ provider }) => useProvider(provider),
    async clearCache() {
      await models.releaseSessions()
      await cache.clear()
      await hashes.clear()
      return status()
    },

    openModel: (request, context = {}) => models.open(request, context),
    async closeModel({ model }) {
      if (!(await models.close(model))) return
      runs.drop(model)
      store.drop(model)
    },
    inspect: (request, context = {}) => inspect(hashes, request, context),
    weights: (request, context = {}) => weights(request, context),
    compareCheckpoints: (request, context = {}) => compareCheckpoints(hashes, request, context),

    openPicture: ({ path, originalSize }) => pictures.open(path, originalSize),
    async closePicture({ picture }) {
      if (pictures.close(picture)) runs.drop(picture)
    },
    picturePixels: ({ picture, maxSide }) => scaledPixels(pictures.get(picture), maxSide),

    openLabels: ({ path }) => labelImages.open(path),
    async closeLabels({ labels }) {
      labelImages.close(labels)
    },
    labelPixels: async ({ labels, width, height }) => labelImages.resized(labels, { width, height }),

    run: (request, context = {}) => runs.run(request, context),
    tensor: async (request, context = {}) => copyOf(await runs.tensor(request, context)),
    slice: (request, context = {}) => runs.slice(request, context),
    async labelMap({ run: id, from }, context = {}) {
      const run = runs.get(id)
      const { width, height } = run.picture.info
      return { width, height, ...(await runs.labels(run, from, context)) }
    },
    probe: (request, context = {}) => probe(runs, runs.get(request.run), request, context),
    async lossMap({ run: id, labels, from, tau }, context = {}) {
      const run = runs.get(id)
      const { width, height } = run.picture.info
      const planes = await runs.planes(run, from, context)
      return { width, height, ...crossEntropy(planes, truthOf(run, labels), height, width, tau) }
    },
    async meanIou({ run: id, labels, from }, context = {}) {
      const run = runs.get(id)
      const answer = await runs.labels(run, from, context)
      const classes = answer.counts.length
      const confusion = emptyConfusion(classes)
      addToConfusion(confusion, classes, truthOf(run, labels), answer.labels)
      return meanIou(confusion, classes)
    },
    similarCells: (request, context = {}) => similarity(runs, request, context),
    pcaRgb: (request, context = {}) => pcaRgb(runs, request, context),
    async tokenize({ text }) {
      const tokenizer = await clipTokenizer()
      return { ids: [START_TOKEN, ...tokenizer.encode(text), END_TOKEN] }
    },
    nearestWords: (request, context = {}) => words.nearest(request, context)
  }
}
