import type { RecentFile, SampleFiles, Shell } from '#models/shell'

/** Files that can be opened without a dialog: the samples, and what was opened before. */
export class KnownFiles {
  samples: SampleFiles = $state.raw({ checkpoint: '', checkpoints: [], pictures: [] })
  recent: readonly RecentFile[] = $state.raw([])
  readonly #shell: Shell

  constructor(shell: Shell) {
    this.#shell = shell
    // without samples or a list of recent files there is only less to choose from
    void shell.samples().then(
      (samples) => (this.samples = samples),
      () => undefined
    )
    void this.refresh()
  }

  async add(path: string, kind: RecentFile['kind']): Promise<void> {
    await this.#shell.addRecentFile({ path, kind }).catch(() => undefined)
    await this.refresh()
  }

  async clear(): Promise<void> {
    await this.#shell.clearRecentFiles()
    await this.refresh()
  }

  async refresh(): Promise<void> {
    this.recent = await this.#shell.recentFiles().catch(() => this.recent)
  }
}
