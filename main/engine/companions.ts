import type { OpenModelRequest } from '#models/api'
import type { CompanionName, Companions } from '#models/architectures/architecture'
import type { Checkpoint } from '#models/checkpoints/checkpoint'
import { readCheckpoint } from '#models/checkpoints/index'
import { openFile, type OpenFile } from '../files'
import type { FileHashes } from './file-hash'

/** The other files of a model, open as long as it is. */
export interface OpenCompanions {
  readonly checkpoints: Companions
  /** SHA-256 of each, hex; undefined where there are none */
  readonly hashes: Readonly<Partial<Record<CompanionName, string>>> | undefined
  /** of all together */
  readonly bytes: number
  close(): Promise<void>
}

/** Throws a StudioError that names the file; nothing stays open then. */
export async function openCompanions(
  paths: OpenModelRequest['companions'],
  hashes: FileHashes,
  signal: AbortSignal | undefined
): Promise<OpenCompanions> {
  const files: OpenFile[] = []
  const checkpoints = new Map<string, Checkpoint>()
  const found = new Map<string, string>()
  const close = async (): Promise<void> => {
    for (const file of files) await file.close()
  }
  try {
    for (const [name, path] of Object.entries(paths ?? {})) {
      const file = await openFile(path)
      files.push(file)
      checkpoints.set(name, await readCheckpoint(file))
      found.set(name, await hashes.hashOf(path, { signal }))
    }
  } catch (error) {
    await close()
    throw error
  }
  return {
    checkpoints: Object.fromEntries(checkpoints),
    hashes: found.size > 0 ? Object.fromEntries(found) : undefined,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    close
  }
}

/** What a companion is, in the words of an error. */
export const COMPANION_MEANINGS: Readonly<Record<CompanionName, string>> = {
  clip: 'the CLIP that it was trained on',
  clipWeights: 'its projection (*_clip_weights.pth)',
  clipText: 'its text embeddings (*_clip_text.pth)',
  projection: 'the projection of its image prompt'
}
