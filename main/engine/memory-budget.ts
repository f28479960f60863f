import type { ModelId } from '#models/api'
import type { SessionMemory, StageSessions } from './stage-sessions'
import type { TensorStore } from './tensor-store'

/**
 * What weights and kept tensors may take, of the bytes of the files that are open. The aim is 1.25 in all; the rest is
 * for what cannot be counted here: graphs, threads, weights that are packed and padded.
 */
const SHARE_OF_FILES = 1.15
/** What kept tensors may take at least before sessions give way to them: a picture of a usual size. */
const LEAST_TENSOR_BYTES = 256 * 2 ** 20

/** What the budget knows of a model's sessions. */
export type BudgetedSessions = Pick<StageSessions, 'loaded' | 'releaseStage' | 'releaseWorkspaces'>

/** A model as far as its memory goes. */
export interface BudgetedModel {
  readonly fileBytes: number
  readonly sessions: BudgetedSessions
  /** stages that run rarely, since what they gave is kept */
  readonly rare: ReadonlySet<string>
}

/**
 * Divides memory among the models that are open. One that is alone keeps all it has. Several stay below a share of their
 * files: tensors that nobody asked for lately go first, then sessions of models that are not in use, those of rare
 * stages before others. Both are made again when they are needed.
 */
export class MemoryBudget {
  /** the one used last at the end */
  readonly #models = new Map<ModelId, BudgetedModel>()

  constructor(private readonly store: TensorStore) {}

  async add(id: ModelId, model: BudgetedModel): Promise<void> {
    this.#models.set(id, model)
    for (const { sessions } of this.#models.values()) await sessions.releaseWorkspaces()
    this.#limitTensors(0)
  }

  remove(id: ModelId): void {
    this.#models.delete(id)
    this.#limitTensors(0)
  }

  /** This one is in use now. */
  use(id: ModelId): void {
    const model = this.#models.get(id)
    if (!model) return
    this.#models.delete(id)
    this.#models.set(id, model)
  }

  /**
   * The memory that the sessions of a model share with those of all others. What a stage over pictures works with is
   * larger than its weights, that of the text encoder small and worth keeping.
   */
  memoryOf(id: ModelId, textStage: string | undefined): SessionMemory {
    return {
      keepsWorkspace: (stage) => this.#models.size <= 1 || stage === textStage,
      makeRoom: (bytes) => this.#makeRoom(id, bytes)
    }
  }

  get #allowance(): number {
    let bytes = 0
    for (const { fileBytes } of this.#models.values()) bytes += fileBytes
    return this.#models.size <= 1 ? Infinity : bytes * SHARE_OF_FILES
  }

  get #weightBytes(): number {
    let sum = 0
    for (const { sessions } of this.#models.values()) for (const { bytes } of sessions.loaded) sum += bytes
    return sum
  }

  #limitTensors(incoming: number): void {
    this.store.limitUnused(Math.max(this.#allowance - this.#weightBytes - incoming, LEAST_TENSOR_BYTES))
  }

  async #makeRoom(id: ModelId, incoming: number): Promise<void> {
    this.#limitTensors(incoming)
    const tensors = Math.min(this.store.bytes, LEAST_TENSOR_BYTES)
    for (const { sessions, stage } of this.#yielding(id)) {
      if (this.#weightBytes + incoming + tensors <= this.#allowance) return
      await sessions.releaseStage(stage)
    }
  }

  /** Sessions of the other models in the order in which they are given up. */
  #yielding(id: ModelId): { sessions: BudgetedSessions; stage: string }[] {
    const others = [...this.#models].filter(([other]) => other !== id).map(([, model]) => model)
    return [true, false].flatMap((isRare) =>
      others.flatMap(({ sessions, rare }) =>
        sessions.loaded
          .filter(({ stage, isRunning }) => !isRunning && rare.has(stage) === isRare)
          .map(({ stage }) => ({ sessions, stage }))
      )
    )
  }
}
