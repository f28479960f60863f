import type { Note } from '../checkpoints/checkpoint'
import { StudioError } from '../errors'
import type { Fact, FactSource, Overrides } from './architecture'
import type { PlainTree } from './mmcv-meta'

/** Where a number that shapes can't tell is looked up, after the user's own word. */
export interface Choice<T> {
  /** what a checkpoint's own configuration says */
  readonly configured: T | undefined
  /** what holds for the published models */
  readonly rule: T
  /** where `rule` comes from, if from elsewhere: a shape may tell a number that can be set all the same */
  readonly ruleSource?: FactSource
}

/** Collects the numbers of a configuration, each with where it came from. */
export class Facts {
  readonly list: Fact[] = []
  private readonly asked = new Set<string>()

  constructor(
    private readonly overrides: Overrides,
    /** name of the checkpoint's file, for errors */
    private readonly file: string
  ) {}

  fromShape(key: string, value: Fact['value']): void {
    this.list.push({ key, value, source: 'shape' })
  }

  /** A positive number. Throws a StudioError `invalid` where the user gives something else. */
  number(key: string, { configured, rule, ruleSource }: Choice<number>): number {
    this.asked.add(key)
    const given = this.overrides[key]
    if (given !== undefined && (typeof given !== 'number' || !(given > 0) || !Number.isFinite(given))) {
      throw this.invalid(key, 'a number above 0')
    }
    const usable = configured !== undefined && configured > 0 ? configured : undefined
    return this.choose(key, given, { configured: usable, rule, ...(ruleSource && { ruleSource }) })
  }

  /** A number from 0 to 1. Throws a StudioError `invalid` where the user gives something else. */
  share(key: string, rule: number): number {
    this.asked.add(key)
    const given = this.overrides[key]
    if (given !== undefined && (typeof given !== 'number' || !(given >= 0 && given <= 1))) {
      throw this.invalid(key, 'a number from 0 to 1')
    }
    return this.choose(key, given, { configured: undefined, rule })
  }

  /** A whole number above 0. Throws a StudioError `invalid` where the user gives something else. */
  count(key: string, choice: Choice<number>): number {
    const count = this.number(key, choice)
    if (!Number.isInteger(count)) throw this.invalid(key, 'a whole number above 0')
    return count
  }

  /** Heads of an attention of some width: a whole number that divides the width. */
  heads(key: string, width: number, choice: Choice<number>): number {
    const heads = this.number(key, choice)
    if (!Number.isInteger(heads) || width % heads !== 0) {
      throw new StudioError(
        'invalid',
        `${this.file}: ${key} is ${heads}, which does not divide the width ${width} of the attention; ` +
          `set ${key} to the number of heads that the model was trained with.`,
        { file: this.file, entry: key }
      )
    }
    return heads
  }

  /** A list of `length` indices below `limit` in ascending order; of any length where that is undefined. */
  indices(
    key: string,
    length: number | undefined,
    limit: number,
    { configured, rule, ruleSource }: Choice<readonly number[]>
  ): readonly number[] {
    this.asked.add(key)
    const fits = (value: readonly number[]) =>
      (length === undefined || value.length === length) &&
      value.every((index, i) => Number.isInteger(index) && index >= 0 && index < limit && index > (value[i - 1] ?? -1))
    const given = this.overrides[key]
    if (given !== undefined && !(Array.isArray(given) && fits(given))) {
      const count = length === undefined ? 'a list of' : String(length)
      throw this.invalid(key, `${count} ascending whole numbers from 0 to ${limit - 1}`)
    }
    const list = Array.isArray(given) ? (given as readonly number[]) : undefined
    const usable = configured && fits(configured) ? configured : undefined
    return this.choose(key, list, { configured: usable, rule, ...(ruleSource && { ruleSource }) })
  }

  /**
   * A whole number above 0 that a file leaves open; undefined where neither it nor the user says it. Throws a StudioError
   * `invalid` where the user gives something else.
   */
  openCount(key: string, configured: number | undefined): number | undefined {
    this.asked.add(key)
    const rule = configured ?? this.overrides[key]
    return typeof rule === 'number' ? this.count(key, { configured, rule }) : undefined
  }

  /** One of several names, of which the first holds where the user says nothing. Throws `invalid` for another. */
  oneOf<Name extends string>(key: string, names: readonly [Name, ...Name[]], ruleSource?: FactSource): Name {
    this.asked.add(key)
    const given = this.overrides[key]
    const name = names.find((candidate) => candidate === given)
    if (given !== undefined && name === undefined) throw this.invalid(key, names.join(' or '))
    return this.choose(key, name, { configured: undefined, rule: names[0], ...(ruleSource && { ruleSource }) }, names)
  }

  /** One note for all overrides that nothing here has asked for. */
  unusedOverrides(): Note[] {
    const unused = Object.keys(this.overrides).filter((key) => !this.asked.has(key))
    if (unused.length === 0) return []
    const known = this.asked.size === 0 ? 'none can be set' : `${[...this.asked].join(', ')} can be set`
    return [{ code: 'choice', message: `Not used here: ${unused.join(', ')} (${known}; the rest comes from shapes).` }]
  }

  private choose<T extends Fact['value']>(
    key: string,
    given: T | undefined,
    { configured, rule, ruleSource = 'published rule' }: Choice<T>,
    options?: readonly string[]
  ): T {
    const [otherwise, otherwiseFrom]: [T, FactSource] =
      configured === undefined ? [rule, ruleSource] : [configured, 'meta.config']
    const [value, source]: [T, FactSource] = given === undefined ? [otherwise, otherwiseFrom] : [given, 'user']
    this.list.push({ key, value, source, setting: { otherwise, otherwiseFrom, ...(options && { options }) } })
    return value
  }

  private invalid(key: string, expected: string): StudioError {
    return new StudioError('invalid', `The setting ${key} has to be ${expected}.`, { entry: key })
  }
}

/** `choice` of a number in a configuration. */
export function configuredNumber(config: PlainTree, path: readonly string[], rule: number): Choice<number> {
  return { configured: config.at(...path).number(), rule }
}
