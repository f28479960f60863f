import { join } from 'node:path'
import type { ProviderName } from '#models/api'
import { StudioError } from '#models/errors'
import type { Shape, Tensor } from '#models/tensor'
import { weightBytes } from './model-cache'
import type { StepResult } from './pipeline'
import { reasonOf, type Providers } from './providers'
import { openSession, type Session, type SessionOptions } from './sessions'

/** Where the graphs of a model lie, and what to do when they turn out to be damaged. */
export interface CompiledStages {
  folder(): Promise<string>
  /** Writes the entry again; the new folder. */
  rebuild(): Promise<string>
  /** The graph of a stage that lies elsewhere; undefined for those of the entry. */
  own?(stage: string): OwnGraph | undefined
}

/** A graph that was not compiled here. */
export interface OwnGraph {
  /** of its file and its weights together */
  readonly bytes: number
  open(options: SessionOptions): Promise<Session>
}

/** What the sessions of all models share: the memory of this process. */
export interface SessionMemory {
  /** Whether the session of this stage may keep what it works with. */
  keepsWorkspace(stage: string): boolean
  /** Called before a session with so many bytes of weights is loaded. */
  makeRoom(bytes: number): Promise<void>
}

interface Loaded {
  readonly session: Session
  /** of its weights, in float32 */
  readonly bytes: number
}

/** The sessions of one model: made when a stage runs for the first time, on the provider that is in use then. */
export class StageSessions {
  /** the one used last at the end */
  readonly #loaded = new Map<string, Loaded>()
  readonly #loading = new Map<string, Promise<Session>>()
  /** a session may not be released while it computes */
  readonly #running = new Map<string, Set<Promise<unknown>>>()
  /** stages that a provider failed on, which run on the processor until another is chosen */
  readonly #onProcessor = new Set<string>()
  #isClosed = false

  constructor(
    private readonly fileName: string,
    private readonly compiled: CompiledStages,
    private readonly providers: Pick<Providers, 'current' | 'report'>,
    private readonly threads: number,
    private readonly memory: SessionMemory,
    private readonly openGraph: typeof openSession = openSession
  ) {}

  /** Stages whose sessions are loaded, with the bytes of their weights, the one unused for longest first. */
  get loaded(): { stage: string; bytes: number; isRunning: boolean }[] {
    return Array.from(this.#loaded, ([stage, { bytes }]) => ({ stage, bytes, isRunning: this.#running.has(stage) }))
  }

  /** Throws a StudioError `mismatch` where inputs do not fit the graph, and `engine` where it does not run at all. */
  async run(stage: string, inputs: ReadonlyMap<string, Tensor>, outputs: readonly string[]): Promise<StepResult> {
    const chosen = await this.providers.current()
    const provider = this.#onProcessor.has(stage) ? 'cpu' : chosen
    try {
      return await this.#runOn(provider, stage, inputs, outputs)
    } catch (error) {
      if (error instanceof StudioError) throw error
      if (provider === 'cpu') throw this.#failure(stage, error)
      this.providers.report(provider, `it failed on ${stage}, which ran on the processor: ${reasonOf(error)}`)
      this.#onProcessor.add(stage)
      await this.releaseStage(stage)
    }
    try {
      return await this.#runOn('cpu', stage, inputs, outputs)
    } catch (error) {
      throw error instanceof StudioError ? error : this.#failure(stage, error)
    }
  }

  /** Frees their memory; they are made again when needed, and every provider gets another chance. */
  async release(): Promise<void> {
    this.#onProcessor.clear()
    for (const stage of [...this.#loaded.keys()]) await this.releaseStage(stage)
  }

  /** Frees the memory of one, after what it is computing. */
  async releaseStage(stage: string): Promise<void> {
    for (let work = this.#running.get(stage); work; work = this.#running.get(stage)) await Promise.allSettled(work)
    const { session } = this.#loaded.get(stage) ?? {}
    this.#loaded.delete(stage)
    await session?.release()
  }

  /** Frees the memory of those that keep what they work with where that is not allowed any more. */
  async releaseWorkspaces(): Promise<void> {
    for (const [stage, { session }] of [...this.#loaded]) {
      if (session.keepsWorkspace && !this.memory.keepsWorkspace(stage)) await this.releaseStage(stage)
    }
  }

  /** Frees their memory for good: a run that is under way ends with its stage. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled(this.#loading.values())
    await this.release()
  }

  async #runOn(
    provider: ProviderName,
    stage: string,
    inputs: ReadonlyMap<string, Tensor>,
    outputs: readonly string[]
  ): Promise<StepResult> {
    let session = await this.#session(stage, provider)
    // it may have been released again to make room
    while (this.#loaded.get(stage)?.session !== session) session = await this.#session(stage, provider)
    for (const { name, shape } of session.inputs) this.#checkShape(stage, name, shape, inputs.get(name))
    const results = await this.#whileRunning(stage, session.run(inputs, outputs))
    return { outputs: results, provider, shapes: shapesBy(session, inputs) }
  }

  async #whileRunning<T>(stage: string, work: Promise<T>): Promise<T> {
    const running = this.#running.get(stage) ?? new Set()
    this.#running.set(stage, running.add(work))
    try {
      return await work
    } finally {
      running.delete(work)
      if (running.size === 0) this.#running.delete(stage)
    }
  }

  /** Two runs that need the same session wait for one. */
  async #session(stage: string, provider: ProviderName): Promise<Session> {
    for (let other = this.#loading.get(stage); other; other = this.#loading.get(stage))
      await Promise.allSettled([other])
    if (this.#isClosed) {
      throw new StudioError('cancelled', `${this.fileName} was closed while it ran.`, { file: this.fileName })
    }
    const known = this.#loaded.get(stage)
    if (known?.session.provider === provider) {
      this.#loaded.delete(stage)
      this.#loaded.set(stage, known)
      return known.session
    }
    const loading = this.#load(stage, provider).finally(() => this.#loading.delete(stage))
    this.#loading.set(stage, loading)
    return loading
  }

  async #load(stage: string, provider: ProviderName): Promise<Session> {
    await this.releaseStage(stage)
    const own = this.compiled.own?.(stage)
    const folder = own ? '' : await this.compiled.folder()
    const bytes = own?.bytes ?? (await weightBytes(folder, stage))
    await this.memory.makeRoom(bytes)
    const options = { provider, threads: this.threads, keepsWorkspace: this.memory.keepsWorkspace(stage) }
    const session = own ? await own.open(options) : await this.#openCompiled(folder, stage, options)
    this.#loaded.set(stage, { session, bytes })
    return session
  }

  async #openCompiled(folder: string, stage: string, options: SessionOptions): Promise<Session> {
    const { provider } = options
    const graphOf = (entry: string): string =>
      join(entry, provider === 'cpu' ? `${stage}.onnx` : `${stage}.portable.onnx`)
    try {
      return await this.openGraph(graphOf(folder), options)
    } catch (error) {
      // either the files were damaged or removed, or the provider cannot take the graph: only the first can be mended
      if (provider !== 'cpu') throw error
      return this.openGraph(graphOf(await this.compiled.rebuild()), options)
    }
  }

  #checkShape(stage: string, name: string, expected: readonly (number | string)[], tensor: Tensor | undefined): void {
    if (!tensor) throw new StudioError('engine', `${this.fileName}: the stage ${stage} did not get its ${name}.`)
    const { shape } = tensor
    if (
      shape.length === expected.length &&
      expected.every((size, i) => typeof size === 'string' || size === shape[i])
    ) {
      return
    }
    throw new StudioError(
      'mismatch',
      `${this.fileName}: the stage ${stage} takes ${name} of shape [${expected.join(', ')}], and here it is [${shape.join(', ')}].`,
      { file: this.fileName, entry: stage }
    )
  }

  #failure(stage: string, cause: unknown): StudioError {
    return new StudioError('engine', `${this.fileName}: the stage ${stage} could not run: ${reasonOf(cause)}.`, {
      file: this.fileName,
      entry: stage,
      cause
    })
  }
}

/** Shapes of a session's outputs, whether computed or not, as far as its inputs tell them. */
function shapesBy(session: Session, inputs: ReadonlyMap<string, Tensor>): Map<string, Shape> {
  const sizes = new Map<string, number>()
  for (const { name, shape } of session.inputs) {
    shape.forEach((size, axis) => {
      const found = inputs.get(name)?.shape[axis]
      if (typeof size === 'string' && found !== undefined) sizes.set(size, found)
    })
  }
  const shapes = new Map<string, Shape>()
  for (const { name, shape } of session.outputs) {
    const known = shape.map((size) => (typeof size === 'string' ? sizes.get(size) : size))
    if (known.every((size) => size !== undefined)) shapes.set(name, known)
  }
  return shapes
}
