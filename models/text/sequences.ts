import { END_TOKEN } from './tokenizer'

/** What the rows of one text are: a token's id, or −1 − p for row p of the learned contexts. */
export type Sequence = readonly number[]

/** Where a name stands among learned contexts: behind all, behind the first half (rounded down), before all. */
export type NamePosition = 'end' | 'middle' | 'front'

export interface LearnedContexts {
  /** row of the first of them, among the contexts of all classes */
  readonly first: number
  readonly count: number
  readonly position: NamePosition
  /** tokens of the name alone; whatever comes behind it (the full stop of CoOp) stays behind the contexts too */
  readonly nameTokens: number
}

/**
 * The rows of a text up to its end token, which is where the authors' argmax over the ids finds it: at the first of the
 * highest. `ids` have start and end; contexts go between the start and the rest, as CoOp's PromptLearner puts them.
 */
export function sequenceOf(ids: readonly number[], contexts?: LearnedContexts): Sequence {
  const [start = 0, ...rest] = ids
  const text = rest.slice(0, rest.indexOf(END_TOKEN) + 1)
  if (!contexts) return [start, ...text]
  const { first, count, position, nameTokens } = contexts
  const learned = Array.from({ length: count }, (_, i) => -1 - first - i)
  const before = { end: count, middle: Math.floor(count / 2), front: 0 }[position]
  const name = Math.min(nameTokens, text.length - 1)
  return [start, ...learned.slice(0, before), ...text.slice(0, name), ...learned.slice(before), ...text.slice(name)]
}
