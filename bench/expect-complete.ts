import { expect } from 'vitest'
import type { Companions, Detection, Overrides } from '#models/architectures/architecture'
import { isBuilt } from '#models/architectures/graph-stage'
import { detect } from '#models/architectures/index'
import type { Checkpoint } from '#models/checkpoints/checkpoint'

/** What a file is; nothing is missing, nothing unexpected, and every stage can be built. */
export async function complete(
  checkpoint: Checkpoint,
  { overrides, as, companions }: { overrides?: Overrides; as?: string; companions?: Companions } = {}
): Promise<Detection> {
  const detection = await detect(checkpoint, overrides, { as, companions })
  if (!detection) throw new Error(`${checkpoint.source.name} is of no family`)
  expect({ missing: detection.missing, unexpected: detection.unexpected }).toEqual({ missing: [], unexpected: [] })
  expect(detection.stages.length).toBeGreaterThan(0)
  for (const stage of detection.stages.filter(isBuilt)) expect(stage.build().nodes.length).toBeGreaterThan(0)
  return detection
}

export const factsOf = ({ facts }: Detection) => Object.fromEntries(facts.map(({ key, value }) => [key, value]))
export const sourcesOf = ({ facts }: Detection) => Object.fromEntries(facts.map(({ key, source }) => [key, source]))
