import type { CallContext, OpenModelRequest } from '#models/api'
import type { Comparison } from '#models/doctor-api'
import { weightStatistics, type WeightStatistics } from '#models/analysis/weight-statistics'
import type { Detection } from '#models/architectures/architecture'
import { detect } from '#models/architectures/index'
import type { Checkpoint, StoredTensor } from '#models/checkpoints/checkpoint'
import { compareWeights } from '#models/checkpoints/comparison'
import { readCheckpoint } from '#models/checkpoints/index'
import { StudioError } from '#models/errors'
import { openFile } from '../files'
import { throwIfCancelled } from './cancellation'
import { openCompanions } from './companions'
import type { FileHashes } from './file-hash'
import { shareTeller } from './progress'

/** What the values of tensors of a file are like. Throws a StudioError where there is no such tensor. */
export async function weights(
  { path, names }: { path: string; names: readonly string[] },
  { signal, onProgress }: CallContext
): Promise<WeightStatistics[]> {
  const file = await openFile(path)
  try {
    const checkpoint = await readCheckpoint(file)
    const tell = shareTeller('weights', onProgress)
    const found: WeightStatistics[] = []
    for (const name of names) {
      await throwIfCancelled(signal)
      const stored = findTensor(checkpoint, name)
      if (!stored) {
        throw new StudioError('invalid', `${file.name} holds no tensor “${name}”.`, { file: file.name, entry: name })
      }
      found.push(weightStatistics(await stored.read()))
      tell(found.length / names.length)
    }
    return found
  } finally {
    await file.close()
  }
}

/** By its name, or below the key of another container: `ema.conv1.weight`. */
function findTensor({ stateDict, others }: Checkpoint, name: string): StoredTensor | undefined {
  const stored = stateDict.get(name)
  if (stored) return stored
  for (const [key, dict] of others) {
    const other = name.startsWith(`${key}.`) ? dict.get(name.slice(key.length + 1)) : undefined
    if (other) return other
  }
  return undefined
}

/**
 * Two checkpoints key by key: by the names of their family where both are of one, so that prefixes and the names of
 * other publishers make no difference, and by the names as stored otherwise.
 */
export async function compareCheckpoints(
  hashes: FileHashes,
  { first, second }: { first: OpenModelRequest; second: OpenModelRequest },
  { signal, onProgress }: CallContext
): Promise<Comparison> {
  const a = await openNamed(first, hashes, signal)
  try {
    const b = await openNamed(second, hashes, signal)
    try {
      const family = a.detection?.system === b.detection?.system ? a.detection?.system : undefined
      const namesOf = ({ checkpoint, detection }: Named) =>
        (family === undefined ? undefined : detection?.weights) ?? checkpoint.stateDict
      const tell = shareTeller('compare', onProgress)
      const rows = await compareWeights(namesOf(a), namesOf(b), async (share) => {
        tell(share)
        await throwIfCancelled(signal)
      })
      return { family, rows }
    } finally {
      await b.close()
    }
  } finally {
    await a.close()
  }
}

interface Named {
  readonly checkpoint: Checkpoint
  /** undefined where no family takes the file */
  readonly detection: Detection | undefined
  close(): Promise<void>
}

async function openNamed(
  { path, overrides, as, companions }: OpenModelRequest,
  hashes: FileHashes,
  signal: AbortSignal | undefined
): Promise<Named> {
  const file = await openFile(path)
  try {
    const others = await openCompanions(companions, hashes, signal)
    const close = async (): Promise<void> => {
      await others.close()
      await file.close()
    }
    try {
      const checkpoint = await readCheckpoint(file)
      const detection = await detect(checkpoint, overrides, { as, companions: others.checkpoints }).catch(
        (error: unknown) => {
          if (error instanceof StudioError) return undefined
          throw error
        }
      )
      return { checkpoint, detection, close }
    } catch (error) {
      await others.close()
      throw error
    }
  } catch (error) {
    await file.close()
    throw error
  }
}
