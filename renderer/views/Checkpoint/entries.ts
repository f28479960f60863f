import type { Inspection } from '#models/doctor-api'
import { BYTES_PER_ELEMENT, elementCount, type DType, type Shape } from '#models/tensor'

const FLAGS = ['missing', 'unexpected', 'not-finite', 'resized', 'renamed', 'beside'] as const
/** 'beside': of another container than the weights that are used */
export type Flag = (typeof FLAGS)[number]

/** A key as the tree lists it: one of the file, or one that the family needs and the file lacks. */
export interface Key {
  readonly name: string
  /** undefined for one that is missing */
  readonly stored: { readonly dtype: DType; readonly shape: Shape } | undefined
  /** the family's name for it, where that is another */
  readonly usedAs: string | undefined
  readonly flags: readonly Flag[]
  readonly parameters: number
  readonly bytes: number
}

/** All keys with what is to be said of each, in the order of the file, and the missing ones last. */
export function keysOf({ detection, entries, otherEntries, notFiniteIn = [] }: Inspection): Key[] {
  const usedAs = new Map(detection?.renamed.flatMap(({ name, stored }) => stored.map((from) => [from, name])))
  const unexpected = new Set(detection?.unexpected)
  const resized = new Set(detection?.resized.map(({ name }) => name))
  const notFinite = new Set(notFiniteIn.map(({ name }) => name))
  const key = (entry: (typeof entries)[number], isBeside: boolean): Key => {
    const { name, dtype, shape } = entry
    const used = usedAs.get(name) ?? name
    const is: Readonly<Record<Flag, boolean>> = {
      missing: false,
      unexpected: !isBeside && unexpected.has(used),
      'not-finite': !isBeside && notFinite.has(name),
      resized: !isBeside && resized.has(used),
      renamed: used !== name,
      beside: isBeside
    }
    const parameters = elementCount(shape)
    return {
      name,
      stored: { dtype, shape },
      usedAs: used === name ? undefined : used,
      flags: FLAGS.filter((flag) => is[flag]),
      parameters,
      bytes: parameters * BYTES_PER_ELEMENT[dtype]
    }
  }
  return [
    ...entries.map((entry) => key(entry, false)),
    ...otherEntries.map((entry) => key(entry, true)),
    ...(detection?.missing ?? []).map((name): Key => {
      return { name, stored: undefined, usedAs: undefined, flags: ['missing'], parameters: 0, bytes: 0 }
    })
  ]
}

/** How many keys have each flag, without flags that none has. */
export function flagCounts(keys: readonly Key[]): readonly { readonly flag: Flag; readonly count: number }[] {
  return FLAGS.map((flag) => ({ flag, count: keys.filter(({ flags }) => flags.includes(flag)).length })).filter(
    ({ count }) => count > 0
  )
}
