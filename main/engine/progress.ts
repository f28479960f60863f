import type { CallContext } from '#models/api'

/** The first moments say little of how long it will take. */
const ESTIMATE_AFTER_MS = 200

/** One thing to do, by the name of what it is and the kind of thing whose durations are alike. */
export interface PlannedWork {
  /** shown: 'image_encoder', 'window 3 of 8: decode_head' */
  readonly step: string
  /** works of the same kind took about as long before */
  readonly kind: string
}

/** How long each kind of work took the last time. */
export class Durations {
  readonly #lastMs = new Map<string, number>()

  record(kind: string, durationMs: number): void {
    this.#lastMs.set(kind, durationMs)
  }

  expectedMs(kind: string): number | undefined {
    return this.#lastMs.get(kind)
  }
}

export interface ProgressMeter {
  /** Tells that the work at this place of the plan begins. */
  begin(index: number): void
}

/**
 * Share done and time left over a plan. Work that never ran counts as much as the average of what did; nothing is said
 * about the time left while any work that is left has never run.
 */
export function progressMeter(
  plan: readonly PlannedWork[],
  durations: Durations,
  onProgress: CallContext['onProgress']
): ProgressMeter {
  const expected = plan.map(({ kind }) => durations.expectedMs(kind))
  const known = expected.filter((ms) => ms !== undefined)
  const average = known.length > 0 ? known.reduce((sum, ms) => sum + ms, 0) / known.length : 1
  const weights = expected.map((ms) => ms ?? average)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return {
    begin(index) {
      const work = plan[index]
      if (!onProgress || !work) return
      const left = weights.slice(index).reduce((sum, weight) => sum + weight, 0)
      const isKnown = expected.slice(index).every((ms) => ms !== undefined)
      onProgress({ step: work.step, share: total > 0 ? 1 - left / total : 0, remainingMs: isKnown ? left : undefined })
    }
  }
}

/** Tells of work of which only the share done is known; the time left is taken from the time that it took so far. */
export function shareTeller(step: string, onProgress: CallContext['onProgress']): (share: number) => void {
  const startedAt = performance.now()
  return (share) => {
    const elapsed = performance.now() - startedAt
    const remainingMs = elapsed > ESTIMATE_AFTER_MS && share > 0 ? (elapsed * (1 - share)) / share : undefined
    onProgress?.({ step, share, remainingMs })
  }
}
