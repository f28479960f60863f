import type { StateDict, StoredTensor } from '../checkpoints/checkpoint'
import { StudioError } from '../errors'
import type { Shape } from '../tensor'
import type { PositionFit } from './tokens'

/** An expected shape; undefined where any size fits. */
export type ShapePattern = readonly (number | undefined)[]

/** How a stored tensor is brought to the size that a picture needs. */
export interface Resizing {
  /** rows and columns of the grid as stored, or the length of a table */
  readonly stored: Shape
  readonly by: PositionFit | 'linear'
  /** side of the square pictures, in pixels, that take it as it is */
  readonly untouchedFor?: number
  /** the size it is brought to, where that is the same for every picture */
  readonly to?: Shape
}

/** What became of the tensors of a state dict: how a Detection tells it. */
export interface Account {
  readonly weights: StateDict
  readonly missing: readonly string[]
  readonly unexpected: readonly string[]
  readonly resized: ReadonlyMap<string, Resizing>
}

/**
 * What graphs have asked of a state dict, so that missing and unused tensors can be told.
 * A missing tensor does not stop the building: a stand-in takes its place, and the graph is not for running.
 */
export class Ledger {
  readonly used = new Set<string>()
  readonly missing = new Set<string>()
  readonly resized = new Map<string, Resizing>()

  constructor(
    readonly stateDict: StateDict,
    /** name of the checkpoint's file, for errors */
    readonly file: string
  ) {}

  /** To be asked when everything is built. Unexpected are those that nothing has asked for, in the order of the file. */
  account(): Account {
    const { stateDict, used, missing, resized } = this
    const unexpected = [...stateDict.keys()].filter((name) => !used.has(name))
    return { weights: stateDict, missing: [...missing], unexpected, resized }
  }
}

/** The tensors of a state dict below a prefix, as a module sees its own parameters. */
export class Scope {
  constructor(
    private readonly ledger: Ledger,
    /** '' or a name with its dot: 'backbone.layer1.' */
    readonly prefix = ''
  ) {}

  at(...names: readonly (string | number)[]): Scope {
    return new Scope(
      this.ledger,
      names.reduce<string>((prefix, name) => `${prefix}${name}.`, this.prefix)
    )
  }

  has(name: string): boolean {
    return this.ledger.stateDict.has(this.prefix + name)
  }

  /** Whether there is any tensor below `name.`. */
  hasAny(name: string): boolean {
    const prefix = `${this.prefix}${name}.`
    for (const key of this.ledger.stateDict.keys()) if (key.startsWith(prefix)) return true
    return false
  }

  /** How many numbered modules there are: 3 for `layer.0.`, `layer.1.`, `layer.2.`. */
  count(): number {
    let count = 0
    while (this.hasAny(String(count))) count++
    return count
  }

  /**
   * The tensor, noted as used. One that is absent is noted as missing. Throws a StudioError `mismatch` where the
   * shape is another than expected.
   */
  take(name: string, pattern?: ShapePattern): StoredTensor {
    const key = this.prefix + name
    const stored = this.ledger.stateDict.get(key)
    if (!stored) {
      this.ledger.missing.add(key)
      return standIn(key, pattern)
    }
    this.ledger.used.add(key)
    if (pattern && !matches(stored.shape, pattern)) {
      const expected = pattern.map((size) => size ?? 'any').join(', ')
      throw new StudioError(
        'mismatch',
        `${this.ledger.file}: tensor ${key} has shape [${stored.shape.join(', ')}] where the rest of the model needs ` +
          `[${expected}]; the file was changed or put together from two models, so use another copy.`,
        { file: this.ledger.file, entry: key }
      )
    }
    return stored
  }

  /** Notes that a tensor is brought to another size. */
  resizes(name: string, resizing: Resizing): void {
    if (this.has(name)) this.ledger.resized.set(this.prefix + name, resizing)
  }

  /** Notes tensors as used that are known and not needed: counters of BatchNorm, heads that are not run. */
  ignore(matching: (name: string) => boolean): void {
    for (const key of this.ledger.stateDict.keys()) {
      if (key.startsWith(this.prefix) && matching(key.slice(this.prefix.length))) this.ledger.used.add(key)
    }
  }
}

function matches(shape: Shape, pattern: ShapePattern): boolean {
  return shape.length === pattern.length && pattern.every((size, axis) => size === undefined || size === shape[axis])
}

function standIn(name: string, pattern: ShapePattern = []): StoredTensor {
  const absent = () => Promise.reject(new RangeError(`${name} is missing: a model with missing tensors is not run`))
  return { name, dtype: 'float32', shape: pattern.map((size) => size ?? 0), read: absent, readRows: absent }
}
