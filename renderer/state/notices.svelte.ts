/** Something that happened in the background, or the answer to a command that shows nowhere else. */
export interface Notice {
  readonly id: number
  readonly tone: 'info' | 'error'
  readonly text: string
}

/** Long enough to read a sentence twice; errors stay until they are closed. */
const SHOWN_MS = 6000

export class Notices {
  list: readonly Notice[] = $state.raw([])
  #lastId = 0

  add(tone: Notice['tone'], text: string): void {
    const id = ++this.#lastId
    this.list = [...this.list.filter((notice) => notice.text !== text), { id, tone, text }]
    if (tone === 'info') setTimeout(() => this.dismiss(id), SHOWN_MS)
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id)
  }
}
