import { basename } from 'node:path'
import type { CallContext, Inspection } from '#models/api'
import { detect } from '#models/architectures/index'
import type { Note } from '#models/checkpoints/checkpoint'
import { examineWeights } from '#models/checkpoints/examine'
import { readCheckpoint } from '#models/checkpoints/index'
import { isCancelled, StudioError } from '#models/errors'
import { elementCount } from '#models/tensor'
import { openFile } from '../files'
import type { FileHashes } from './file-hash'

/** What a file holds, whether or not a family knows it. Throws a StudioError only where it cannot be read at all. */
export async function inspect(
  hashes: FileHashes,
  { path, countNotFinite = false }: { path: string; countNotFinite?: boolean | undefined },
  { signal, onProgress }: CallContext
): Promise<Inspection> {
  const file = await openFile(path)
  try {
    const checkpoint = await readCheckpoint(file)
    const { stateDict, format, container, others } = checkpoint
    const notes: Note[] = [...checkpoint.notes]
    const detection = await detect(checkpoint, {}).catch((error: unknown) => {
      // a file that a family refuses is still shown, with the reason
      if (!(error instanceof StudioError)) throw error
      notes.push({ code: 'assumed', message: error.message })
      return undefined
    })
    const entries = Array.from(stateDict.values(), ({ name, dtype, shape }) => ({ name, dtype, shape }))
    const tell = (step: string) => (share: number) => onProgress?.({ step, share, remainingMs: undefined })
    const examined = countNotFinite
      ? await examineWeights(stateDict, { ...(signal && { signal }), onProgress: tell('count') }).catch(unread)
      : undefined
    return {
      path,
      fileName: basename(path),
      fileBytes: file.size,
      hash: await hashes.hashOf(path, { signal, onShare: tell('read') }),
      format,
      container,
      otherContainers: [...others.keys()],
      detection: detection && {
        system: detection.system,
        summary: detection.summary,
        reason: detection.reason,
        facts: detection.facts,
        classes: detection.classes ?? [],
        tensors: detection.tensors,
        missing: detection.missing,
        unexpected: detection.unexpected
      },
      entries,
      parameterCount: entries.reduce((sum, { shape }) => sum + elementCount(shape), 0),
      notFinite: examined?.notFinite,
      notes: [...(detection?.notes ?? notes), ...(examined?.notes ?? [])]
    }
  } finally {
    await file.close()
  }
}

/** Weights that cannot be read (external data, a view larger than its storage) do not keep the rest from being told. */
function unread(error: unknown): { notFinite: undefined; notes: Note[] } {
  if (!(error instanceof StudioError) || isCancelled(error)) throw error
  return { notFinite: undefined, notes: [{ code: 'skipped', message: error.message }] }
}
