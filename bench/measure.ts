/** The middle value; the mean of the two middle ones where there is an even number. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}

/** How long something took, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** Values of the same quantity by round; equal indices were measured one right after the other. */
export interface Paired {
  readonly ours: readonly number[]
  readonly theirs: readonly number[]
}

/** Median of ours/theirs round by round: what slows both sides of a round falls out. */
export function pairedRatio({ ours, theirs }: Paired): number {
  return median(ours.map((value, round) => value / (theirs[round] ?? NaN)))
}
