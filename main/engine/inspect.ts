import { basename } from 'node:path'
import type { CallContext, InspectRequest } from '#models/api'
import type { Inspection, Renamed, StoredEntry } from '#models/doctor-api'
import type { Companions, Detection } from '#models/architectures/architecture'
import { detect } from '#models/architectures/index'
import type { Checkpoint, Note, StateDict } from '#models/checkpoints/checkpoint'
import { examineWeights } from '#models/checkpoints/examine'
import { readCheckpoint } from '#models/checkpoints/index'
import { isCancelled, StudioError } from '#models/errors'
import { elementCount } from '#models/tensor'
import { openFile } from '../files'
import { openCompanions } from './companions'
import type { FileHashes } from './file-hash'
import { shareTeller } from './progress'

/**
 * What a file holds, whether or not a family knows it. Throws a StudioError where it cannot be read at all, and where
 * what the user sets cannot be.
 */
export async function inspect(
  hashes: FileHashes,
  request: InspectRequest,
  { signal, onProgress }: CallContext
): Promise<Inspection> {
  const { path, countNotFinite = false } = request
  const file = await openFile(path)
  const companions = await openCompanions(request.companions, hashes, signal).catch(async (error: unknown) => {
    await file.close()
    throw error
  })
  try {
    const checkpoint = await readCheckpoint(file)
    const { stateDict, format, container, others } = checkpoint
    const { detection, refusal } = await detected(checkpoint, request, companions.checkpoints)
    const entries = entriesOf(stateDict)
    const examined = countNotFinite
      ? await examineWeights(stateDict, {
          ...(signal && { signal }),
          onProgress: shareTeller('count', onProgress)
        }).catch(unread)
      : undefined
    return {
      path,
      fileName: basename(path),
      fileBytes: file.size,
      hash: await hashes.hashOf(path, { signal, onShare: shareTeller('read', onProgress) }),
      format,
      container,
      otherContainers: [...others.keys()],
      detection: detection && described(detection),
      refusal,
      entries,
      otherEntries: [...others].flatMap(([prefix, dict]) => entriesOf(dict, `${prefix}.`)),
      parameterCount: entries.reduce((sum, { shape }) => sum + elementCount(shape), 0),
      notFinite: examined?.notFinite,
      notFiniteIn: examined?.notFiniteIn,
      notes: [...(detection ?? checkpoint).notes, ...refusalNotes(refusal), ...(examined?.notes ?? [])]
    }
  } finally {
    await companions.close()
    await file.close()
  }
}

interface Detected {
  readonly detection?: Detection | undefined
  readonly refusal?: Inspection['refusal']
}

/** A file that a family refuses is still shown, with the reason; what the user says wrongly is not passed over. */
async function detected(
  checkpoint: Checkpoint,
  { overrides = {}, as }: InspectRequest,
  companions: Companions
): Promise<Detected> {
  try {
    return { detection: await detect(checkpoint, overrides, { as, companions }) }
  } catch (error) {
    if (!(error instanceof StudioError)) throw error
    const isUsersWord = error.code === 'invalid' && (as !== undefined || Object.keys(overrides).length > 0)
    if (isUsersWord || (error.file !== undefined && error.file !== checkpoint.source.name)) throw error
    return { refusal: { message: error.message, setting: error.code === 'invalid' ? error.entry : undefined } }
  }
}

function refusalNotes(refusal: Inspection['refusal']): Note[] {
  return refusal ? [{ code: 'assumed', message: refusal.message }] : []
}

function described(detection: Detection): Inspection['detection'] {
  const { system, summary, reason, facts, classes = [], tensors, missing, unexpected } = detection
  const { weights = new Map(), resized = new Map(), needs = [], alternatives = [] } = detection
  return {
    system,
    summary,
    reason,
    facts,
    classes,
    tensors,
    missing,
    unexpected,
    renamed: renamedIn(weights),
    resized: Array.from(resized, ([name, resizing]) => ({ name, ...resizing })),
    needs,
    alternatives
  }
}

function renamedIn(weights: StateDict): Renamed[] {
  return Array.from(weights, ([name, stored]) => ({
    name,
    stored: (stored.sources ?? [stored]).map((source) => source.name)
  })).filter(({ name, stored }) => stored.length > 1 || stored[0] !== name)
}

function entriesOf(stateDict: StateDict, prefix = ''): StoredEntry[] {
  return Array.from(stateDict.values(), ({ name, dtype, shape }) => ({ name: prefix + name, dtype, shape }))
}

/** Weights that cannot be read (external data, a view larger than its storage) do not keep the rest from being told. */
function unread(error: unknown): { notFinite: undefined; notFiniteIn: undefined; notes: Note[] } {
  if (!(error instanceof StudioError) || isCancelled(error)) throw error
  return { notFinite: undefined, notFiniteIn: undefined, notes: [{ code: 'skipped', message: error.message }] }
}
