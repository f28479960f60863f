import type { Plain } from './checkpoint'
import { UnknownInstance } from './pickle-objects'
import { isPlainDict, isPlainList, isStoredTensor, isUnknownObject } from './plain'
import { StridedTensor } from './strided-tensor'

/** Far more than any metadata has; what lies deeper or behind this many values is replaced by a placeholder. */
const MAX_DEPTH = 100
const MAX_VALUES = 200_000

/**
 * A copy of what a pickle left, as a tree that can be walked and printed without a thought: no cycles, no sharing (which
 * can unfold to 2^64 leaves), bounded depth and size. Objects of unknown classes that are a kind of dict become dicts.
 */
export function inertCopy(root: ReadonlyMap<string, Plain>): { copy: Map<string, Plain>; isCut: boolean } {
  const copier = new Copier()
  return { copy: copier.run(root), isCut: copier.isCut }
}

interface Task {
  readonly from: Plain
  readonly depth: number
  readonly path: string
  /** containers around it */
  readonly around: Chain | undefined
  readonly put: (copy: Plain) => void
}

interface Chain {
  readonly container: Plain
  readonly outer: Chain | undefined
}

class Copier {
  private readonly tasks: Task[] = []
  private values = 0
  /** whether placeholders stand for anything but objects of unknown classes */
  isCut = false

  run(root: ReadonlyMap<string, Plain>): Map<string, Plain> {
    const copy = new Map<string, Plain>()
    for (const [key, value] of root) {
      this.tasks.push({ from: value, depth: 0, path: key, around: undefined, put: (plain) => copy.set(key, plain) })
    }
    // in the order of the file, so that keys keep theirs and the budget goes to what comes first
    this.tasks.reverse()
    for (let task = this.tasks.pop(); task; task = this.tasks.pop()) this.copy(task)
    return copy
  }

  private copy(task: Task): void {
    const { from, path, put } = task
    if (++this.values > MAX_VALUES) return this.cut(put, 'too many values')
    if (isStoredTensor(from)) return put(from instanceof StridedTensor ? from.checked(path) : from)
    const source = from instanceof UnknownInstance && from.items ? from.items : from
    if (isUnknownObject(source)) return put({ unknownClass: source.unknownClass })
    if (isPlainDict(source)) {
      const copy = new Map<string, Plain>()
      return this.enter(task, source, copy, [...source], (key, plain) => copy.set(key, plain))
    }
    if (isPlainList(source)) {
      const copy: Plain[] = []
      return this.enter(
        task,
        source,
        copy,
        [...source.entries()].map(([i, value]) => [String(i), value]),
        (_, plain) => {
          copy.push(plain)
        }
      )
    }
    put(source)
  }

  private enter(
    { depth, path, around, put }: Task,
    container: Plain,
    copy: Plain,
    items: readonly (readonly [string, Plain])[],
    add: (key: string, plain: Plain) => void
  ): void {
    if (depth >= MAX_DEPTH) return this.cut(put, 'nested too deep')
    for (let outer = around; outer; outer = outer.outer) {
      if (outer.container === container) return this.cut(put, 'a reference to what it is in')
    }
    if (items.length + this.values > MAX_VALUES) return this.cut(put, `${items.length} values`)
    put(copy)
    const chain = { container, outer: around }
    for (const [key, from] of [...items].reverse()) {
      this.tasks.push({
        from,
        depth: depth + 1,
        path: `${path}.${key}`,
        around: chain,
        put: (plain) => add(key, plain)
      })
    }
  }

  private cut(put: Task['put'], unknownClass: string): void {
    this.isCut = true
    put({ unknownClass })
  }
}
