import type { CallContext, Progress } from '#models/api'

/** Work that the user may watch and end. */
export interface Task {
  readonly id: number
  readonly kind: 'open-model' | 'open-picture' | 'open-labels' | 'run' | 'count' | 'compare'
  /** a file name, or the letter of the model that runs */
  readonly subject: string
  readonly startedAt: number
  readonly progress: Progress | undefined
}

/** What is under way, oldest first. */
export class Tasks {
  list: readonly Task[] = $state.raw([])
  #lastId = 0

  /** Keeps the task in the list while `work` runs, and hands it the context that reports its progress. */
  async track<T>(
    kind: Task['kind'],
    subject: string,
    signal: AbortSignal,
    work: (context: CallContext) => Promise<T>
  ): Promise<T> {
    const id = ++this.#lastId
    this.list = [...this.list, { id, kind, subject, startedAt: performance.now(), progress: undefined }]
    const onProgress = (progress: Progress): void => {
      this.list = this.list.map((task) => (task.id === id ? { ...task, progress } : task))
    }
    try {
      return await work({ signal, onProgress })
    } finally {
      this.list = this.list.filter((task) => task.id !== id)
    }
  }
}
