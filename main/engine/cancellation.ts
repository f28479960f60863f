import { setImmediate } from 'node:timers/promises'
import { StudioError } from '#models/errors'

/**
 * Lets waiting messages in, then throws a StudioError `cancelled` where the signal was raised. A session that runs
 * blocks its thread, so between two of them is the only time at which a cancellation can arrive.
 */
export async function throwIfCancelled(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate()
  if (signal?.aborted) throw new StudioError('cancelled', 'Cancelled.', { cause: signal.reason })
}
