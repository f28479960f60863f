import { join } from 'node:path'
import type { ProviderName } from '#models/api'
import { StudioError } from '#models/errors'
import type { Shape, Tensor } from '#models/tensor'
import type { StepResult } from './pipeline'
import { reasonOf, type Providers } from './providers'
import { openSession, type Session } from './sessions'

/** Where the graphs of a model lie, and what to do when they turn out to be damaged. */
export interface CompiledStages {
  folder(): Promise<string>
  /** Writes the entry again; the new folder. */
  rebuild(): Promise<string>
}

/** The sessions of one model: made when a stage runs for the first time, on the provider that is in use then. */
export class StageSessions {
  readonly #sessions = new Map<string, Session>()
  /** stages that a provider failed on, which run on the processor until another is chosen */
  readonly #onProcessor = new Set<string>()

  constructor(
    private readonly fileName: string,
    private readonly compiled: CompiledStages,
    private readonly providers: Pick<Providers, 'current' | 'report'>,
    private readonly threads: number,
    private readonly openGraph: typeof openSession = openSession
  ) {}

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
      await this.#close(stage)
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
    for (const stage of [...this.#sessions.keys()]) await this.#close(stage)
  }

  async #runOn(
    provider: ProviderName,
    stage: string,
    inputs: ReadonlyMap<string, Tensor>,
    outputs: readonly string[]
  ): Promise<StepResult> {
    const session = await this.#session(stage, provider)
    for (const { name, shape } of session.inputs) this.#checkShape(stage, name, shape, inputs.get(name))
    const results = await session.run(inputs, outputs)
    return { outputs: results, provider, shapes: shapesBy(session, inputs) }
  }

  async #session(stage: string, provider: ProviderName): Promise<Session> {
    const known = this.#sessions.get(stage)
    if (known?.provider === provider) return known
    await this.#close(stage)
    const graphOf = (folder: string): string =>
      join(folder, provider === 'cpu' ? `${stage}.onnx` : `${stage}.portable.onnx`)
    let session: Session
    try {
      session = await this.openGraph(graphOf(await this.compiled.folder()), provider, this.threads)
    } catch (error) {
      // either the files were damaged or removed, or the provider cannot take the graph: only the first can be mended
      if (provider !== 'cpu') throw error
      session = await this.openGraph(graphOf(await this.compiled.rebuild()), provider, this.threads)
    }
    this.#sessions.set(stage, session)
    return session
  }

  async #close(stage: string): Promise<void> {
    const session = this.#sessions.get(stage)
    this.#sessions.delete(stage)
    await session?.release()
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
