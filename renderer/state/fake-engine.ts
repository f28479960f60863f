import type {
  CallContext,
  Engine,
  EngineStatus,
  LabelsId,
  ModelId,
  ModelInfo,
  NearestWordsRequest,
  OpenModelRequest,
  PictureId,
  RunId,
  RunInfo,
  RunRequest,
  TensorRef
} from '#models/api'
import type { LabelMap, Probe } from '#models/results-api'
import type { NearestWords } from '#models/words-api'
import type { EngineState, Shell } from '#models/shell'
import type { TensorKind, TensorSpec } from '#models/architectures/architecture'
import { StudioError } from '#models/errors'
import { float32Tensor } from '#models/tensor'
import type { EngineClient } from './engine'

/*
 * An engine and a shell for tests of the window: no files, no models, answers that can be foretold. A path that
 * contains 'broken' cannot be opened. Not part of the studio.
 */

export const FAKE_CLASSES = ['road', 'building', 'sky', 'person', 'car']
const GRID = 4
const SIDE = 64
const FITTING_TOKENS = 3

const spec = (name: string, kind: TensorKind, unit: TensorSpec['unit']): TensorSpec => ({
  name,
  kind,
  axes: ['batch', kind === 'score-map' || kind === 'logits' ? 'class' : 'channel', 'row', 'column'],
  unit,
  meaning: `${name} of the fake`
})

export const FAKE_TENSORS: readonly TensorSpec[] = [
  spec('x4', 'feature-map', 'feature'),
  spec('visual_embedding', 'embedding-map', 'feature'),
  spec('score_map', 'score-map', 'cosine'),
  spec('seg_logits', 'logits', 'logit'),
  spec('seg_logits_low', 'logits', 'logit')
]

const fileName = (path: string): string => path.split('/').at(-1) ?? path

export function fakeModel(path: string, id: number): ModelInfo {
  return {
    id: `model-${id}` as ModelId,
    path,
    fileName: fileName(path),
    fileBytes: 456e6,
    hash: 'ab'.repeat(32),
    system: 'denseclip',
    summary: 'DenseCLIP, CLIP ViT, 5 blocks, width 128, patch 16',
    reason: 'It has a context decoder and a neck whose input is wider by the number of classes.',
    facts: [{ key: 'width', value: 128, source: 'shape' }],
    classes: FAKE_CLASSES,
    palette: [
      [128, 64, 128],
      [70, 70, 70],
      [70, 130, 180],
      [220, 20, 60],
      [0, 0, 142]
    ],
    tau: 0.07,
    gamma: 0.0312,
    nameTokens: FITTING_TOKENS,
    window: 32,
    stride: 16,
    tensors: FAKE_TENSORS,
    learnedContexts: { count: 2, classes: undefined, ofPicture: undefined },
    notes: [],
    missing: []
  }
}

export class FakeEngine implements Engine {
  /** what was called, in order, as 'method' with its request */
  readonly calls: { readonly method: string; readonly request: unknown }[] = []
  /** every run waits for this first: a test holds it to see what happens meanwhile */
  gate: Promise<void> = Promise.resolve()
  /** opening a model waits for this first */
  openGate: Promise<void> = Promise.resolve()
  /** what differs from `fakeModel` in what a test opens; throws where it cannot be opened */
  opensAs: (request: OpenModelRequest) => Partial<ModelInfo> = () => ({})
  #lastId = 0

  runs(): RunRequest[] {
    return this.calls.filter(({ method }) => method === 'run').map(({ request }) => request as RunRequest)
  }

  #note(method: string, request: unknown): void {
    this.calls.push({ method, request })
  }

  #refuse(path: string): void {
    if (!path.includes('broken')) return
    throw new StudioError('truncated', `“${fileName(path)}” ends before its archive does: copy it again.`, {
      file: fileName(path)
    })
  }

  async status(): Promise<EngineStatus> {
    return {
      provider: 'cpu',
      providers: [
        { name: 'webgpu', available: false, reason: 'no adapter found' },
        { name: 'cpu', available: true, reason: '' }
      ],
      threads: 2,
      residentBytes: 312e6,
      tensorBytes: 24e6,
      cacheBytes: 120e6,
      cacheLimitBytes: 4e9
    }
  }

  useProvider = (): Promise<EngineStatus> => this.status()
  clearCache = (): Promise<EngineStatus> => this.status()

  async openModel(request: OpenModelRequest): Promise<ModelInfo> {
    this.#note('openModel', request)
    await this.openGate
    this.#refuse(request.path)
    return { ...fakeModel(request.path, ++this.#lastId), ...this.opensAs(request) }
  }

  async closeModel(request: { model: ModelId }): Promise<void> {
    this.#note('closeModel', request)
  }

  async inspect({ path }: { path: string }): ReturnType<Engine['inspect']> {
    this.#refuse(path)
    const model = { ...fakeModel(path, 0), ...this.opensAs({ path }) }
    return {
      ...model,
      format: 'ZIP',
      container: [],
      otherContainers: [],
      detection: {
        ...model,
        alternatives: model.alternatives ?? [],
        needs: model.needs ?? [],
        unexpected: [],
        renamed: [],
        resized: []
      },
      refusal: undefined,
      otherEntries: [],
      notFiniteIn: undefined,
      entries: [],
      parameterCount: 0,
      notFinite: undefined
    }
  }

  async openPicture(request: { path: string }): ReturnType<Engine['openPicture']> {
    this.#note('openPicture', request)
    this.#refuse(request.path)
    return {
      id: `picture-${++this.#lastId}` as PictureId,
      path: request.path,
      fileName: fileName(request.path),
      hash: 'cd'.repeat(32),
      width: SIDE,
      height: SIDE,
      format: 'PNG',
      notes: []
    }
  }

  async closePicture(): Promise<void> {
    this.#note('closePicture', {})
  }

  async picturePixels(): ReturnType<Engine['picturePixels']> {
    return { width: SIDE, height: SIDE, rgba: new Uint8Array(SIDE * SIDE * 4).fill(160) }
  }

  async openLabels(request: { path: string }): ReturnType<Engine['openLabels']> {
    this.#note('openLabels', request)
    this.#refuse(request.path)
    return {
      id: `labels-${++this.#lastId}` as LabelsId,
      path: request.path,
      fileName: fileName(request.path),
      width: SIDE,
      height: SIDE,
      counts: [{ label: 0, pixels: SIDE * SIDE }]
    }
  }

  async closeLabels(): Promise<void> {
    this.#note('closeLabels', {})
  }

  async labelPixels(): Promise<LabelMap> {
    return this.labelMap()
  }

  async run(request: RunRequest, { signal }: CallContext = {}): Promise<RunInfo> {
    this.#note('run', request)
    await this.gate
    signal?.throwIfAborted()
    const { want, ...choices } = request
    if (want.includes('seg_logits_low') && request.classes.length !== FAKE_CLASSES.length) {
      throw new StudioError('mismatch', `The decoder was trained for ${FAKE_CLASSES.length} classes.`)
    }
    const stage = (id: string, durationMs: number): RunInfo['stages'][number] => ({
      id,
      provider: 'cpu',
      durationMs,
      reused: false
    })
    return {
      id: JSON.stringify(choices) as RunId,
      model: request.model,
      picture: request.picture,
      mode: request.mode,
      classes: request.classes,
      gammaScale: request.gammaScale,
      inputWidth: SIDE,
      inputHeight: SIDE,
      paddedWidth: SIDE,
      paddedHeight: SIDE,
      windows: [{ x: 0, y: 0, width: SIDE, height: SIDE }],
      stages: [
        stage('image_encoder', 210),
        stage('text_encoder', 32),
        stage('context_decoder', 12),
        stage('score_map', 1.5),
        ...(want.includes('seg_logits_low') ? [stage('decode_head', 95)] : [])
      ],
      shapes: { score_map: [1, FAKE_CLASSES.length, GRID, GRID] },
      durationMs: 350
    }
  }

  async tensor(request: TensorRef): ReturnType<Engine['tensor']> {
    this.#note('tensor', request)
    return float32Tensor([1, FAKE_CLASSES.length, GRID, GRID])
  }

  async slice(): ReturnType<Engine['slice']> {
    return float32Tensor([GRID, GRID])
  }

  /** Class i takes a share that grows with i: the list is sorted back to front by presence. */
  async labelMap(): Promise<LabelMap> {
    const counts = FAKE_CLASSES.map((_, index) => index * 100)
    return { width: SIDE, height: SIDE, labels: new Uint16Array(SIDE * SIDE), counts }
  }

  async probe(request: { run: RunId; x: number; y: number; logits: boolean }): Promise<Probe> {
    this.#note('probe', request)
    const cell = SIDE / GRID
    return {
      row: Math.floor(request.y / cell),
      column: Math.floor(request.x / cell),
      rows: GRID,
      columns: GRID,
      window: 0,
      values: FAKE_CLASSES.map((_, classIndex) => ({
        classIndex,
        cosine: 0.1 * classIndex - 0.1,
        logit: request.logits ? classIndex : undefined
      })),
      cosineMargin: 0.1,
      logitMargin: request.logits ? 1 : undefined
    }
  }

  async lossMap(): ReturnType<Engine['lossMap']> {
    return { width: SIDE, height: SIDE, values: new Float32Array(SIDE * SIDE), mean: 0 }
  }

  async meanIou(): ReturnType<Engine['meanIou']> {
    return { perClass: FAKE_CLASSES.map(() => 0.5), mean: 0.5, pixelAccuracy: 0.8 }
  }

  async similarCells(): ReturnType<Engine['similarCells']> {
    return { rows: GRID, columns: GRID, values: new Float32Array(GRID * GRID) }
  }

  async pcaRgb(): ReturnType<Engine['pcaRgb']> {
    return { rows: GRID, columns: GRID, rgb: new Uint8Array(GRID * GRID * 3), explained: [0.5, 0.2, 0.1] }
  }

  /** One token a word, with start and end. */
  async tokenize({ text }: { text: string }): Promise<{ ids: readonly number[] }> {
    const words = text.trim().split(/\s+/).filter(Boolean)
    return { ids: [49406, ...words.map((_, index) => index + 1), 49407] }
  }

  async weights(request: { path: string; names: readonly string[] }): ReturnType<Engine['weights']> {
    this.#note('weights', request)
    const special = { zeros: 1, nan: 0, positiveInfinity: 0, negativeInfinity: 0 }
    return request.names.map(() => ({
      count: 4,
      ...special,
      min: -1,
      max: 2,
      mean: 0.5,
      std: 1,
      norm: 2,
      histogram: { low: -1, high: 2, counts: [1, 1, 2] }
    }))
  }

  async compareCheckpoints(
    request: Parameters<Engine['compareCheckpoints']>[0]
  ): ReturnType<Engine['compareCheckpoints']> {
    this.#note('compareCheckpoints', request)
    return { family: 'denseclip', rows: [] }
  }

  /** Two contexts, shared or of the class that is asked for: 'word 1' at 0.25, … of a median of 1. */
  async nearestWords(request: NearestWordsRequest): Promise<NearestWords> {
    this.#note('nearestWords', request)
    const nearest = Array.from({ length: request.count }, (_, id) => ({
      id,
      text: `word ${id + 1}`,
      endsWord: id > 0,
      value: 0.25 * (id + 1)
    }))
    const contexts = [0, 1].map((index) => ({ classIndex: request.classIndex, index, nearest, median: 1 }))
    return { metric: request.metric, words: 49406, contexts }
  }
}

/** A connection to a FakeEngine that a test can cut and make again. */
export class FakeClient implements EngineClient {
  readonly api: FakeEngine
  readonly #connect = new Set<() => void>()
  readonly #state = new Set<(state: EngineState) => void>()

  constructor(api: FakeEngine) {
    this.api = api
  }

  onConnect(listener: () => void): () => void {
    this.#connect.add(listener)
    listener()
    return () => this.#connect.delete(listener)
  }

  onState(listener: (state: EngineState) => void): () => void {
    this.#state.add(listener)
    listener({ state: 'ready' })
    return () => this.#state.delete(listener)
  }

  /** The process died and another one is there, which knows nothing. */
  restart(): void {
    for (const listener of this.#state) listener({ state: 'restarting', reason: 'a test' })
    for (const listener of this.#state) listener({ state: 'ready' })
    for (const listener of this.#connect) listener()
  }
}

/** A shell that keeps the workspace in memory and opens no dialogs. */
export function fakeShell(stored?: unknown): Shell & { readonly saved: unknown[]; readonly restarts: number } {
  const saved: unknown[] = []
  let restarts = 0
  return {
    saved,
    get restarts() {
      return restarts
    },
    platform: 'linux',
    samples: async () => ({
      checkpoint: '/samples/mini-vit.pth',
      checkpoints: ['/samples/mini-vit.pth', '/samples/mini-rn.pth'],
      pictures: [
        { picture: '/samples/day-0.png', labels: '/samples/labels/day-0.png', domain: 'day' },
        { picture: '/samples/night-0.png', labels: '/samples/labels/night-0.png', domain: 'night' }
      ]
    }),
    chooseFiles: async () => [],
    pathForFile: () => '',
    companionsBeside: async () => ({}),
    classLists: async () => [{ name: 'Streets', classes: ['road', 'sky'] }],
    kindOfPath: async ({ path }) => (path.endsWith('.pth') ? 'checkpoint' : 'picture'),
    saveExport: async () => undefined,
    rasterize: async () => new Uint8Array(),
    recentFiles: async () => [],
    addRecentFile: async () => undefined,
    clearRecentFiles: async () => undefined,
    outputMeanings: async () => undefined,
    saveOutputMeanings: async () => undefined,
    loadWorkspace: async () => stored,
    saveWorkspace: async ({ workspace }) => void saved.push(structuredClone(workspace)),
    setTheme: async () => undefined,
    restartEngine: async () => void restarts++,
    engineState: async () => ({ state: 'ready' }),
    onEngineState: () => () => undefined,
    onMenuCommand: () => () => undefined,
    onOpenPaths: () => () => undefined
  }
}
