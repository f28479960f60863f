import type { ClassValue, Probe } from '#models/results-api'

export interface RankedClass extends ClassValue {
  /** from 1, the best */
  readonly rank: number
}

/** By what the classes are ranked: cosines where there are any, else logits. */
export function rankedBy(probe: Probe): 'cosine' | 'logit' {
  return probe.values.some(({ cosine }) => cosine !== undefined) ? 'cosine' : 'logit'
}

/** The `count` best classes of a probe, best first, and behind them `always` where it is not among them. */
export function topClasses(probe: Probe, count: number, always: number | undefined): readonly RankedClass[] {
  const by = rankedBy(probe)
  const ranked = probe.values
    .toSorted((a, b) => (b[by] ?? -Infinity) - (a[by] ?? -Infinity))
    .map((value, index) => ({ ...value, rank: index + 1 }))
  const top = ranked.slice(0, count)
  const chosen = ranked.find(({ classIndex }) => classIndex === always)
  return chosen && chosen.rank > count ? [...top, chosen] : top
}
