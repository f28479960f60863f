/** Best minus second-best value: how sure an argmax is, in its own unit. Undefined where there are fewer than two. */
export function margin(values: Iterable<number>): number | undefined {
  let best = -Infinity
  let second = -Infinity
  for (const value of values) {
    if (value > best) {
      second = best
      best = value
    } else if (value > second) {
      second = value
    }
  }
  return second === -Infinity ? undefined : best - second
}
