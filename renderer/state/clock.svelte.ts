import { createSubscriber } from 'svelte/reactivity'

/** How often what waits for time to pass looks at it. */
const TICK_MS = 200

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, TICK_MS)
  return () => clearInterval(timer)
})

/** performance.now() as a value that moves on, for as long as something reads it. */
export function now(): number {
  subscribe()
  return performance.now()
}
