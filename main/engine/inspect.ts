import { basename } from 'node:path'
import type { CallContext, Inspection } from '#models/api'
import { detect } from '#models/architectures/index'
import type { Note, StateDict } from '#models/checkpoints/checkpoint'
import { readCheckpoint } from '#models/checkpoints/index'
import { StudioError } from '#models/errors'
import { elementCount, toFloat32 } from '#models/tensor'
import { openFile } from '../files'
import { throwIfCancelled } from './cancellation'
import type { FileHashes } from './file-hash'

/** Rows that are read at a time, in values: memory stays low whatever the tensor. */
const VALUES_AT_A_TIME = 4 * 2 ** 20

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
      notFinite: countNotFinite ? await countNotFiniteValues(stateDict, signal, tell('count')) : undefined,
      notes: detection?.notes ?? notes
    }
  } finally {
    await file.close()
  }
}

async function countNotFiniteValues(
  stateDict: StateDict,
  signal: AbortSignal | undefined,
  onShare: (share: number) => void
): Promise<number> {
  let count = 0
  let done = 0
  for (const stored of stateDict.values()) {
    const [rows = 1, ...rest] = stored.shape
    const step = Math.max(1, Math.floor(VALUES_AT_A_TIME / Math.max(1, elementCount(rest))))
    for (let row = 0; row < rows; row += step) {
      const part = stored.shape.length === 0 ? stored.read() : stored.readRows(row, Math.min(row + step, rows))
      for (const value of toFloat32(await part).data) if (!Number.isFinite(value)) count++
      await throwIfCancelled(signal)
    }
    onShare(++done / stateDict.size)
  }
  return count
}
