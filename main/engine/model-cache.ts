import { createHash, randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { StudioError } from '#models/errors'
import { encodeModel, type WeightPlace } from '#models/graph/encode'
import type { Graph, Weight } from '#models/graph/graph'
import { withoutFusedAttention } from '#models/graph/portable'
import { BYTES_PER_ELEMENT, elementCount } from '#models/tensor'
import { throwIfCancelled } from './cancellation'

/** Some ten models of the published sizes; a person who compares many finds the latest still there. */
const CACHE_LIMIT_BYTES = 8 * 2 ** 30
/** Weights begin at pages, so that the runtime can map them from the file. */
const ALIGNMENT = 4096
/** Half-written entries of processes that died are left alone for a day: their process may still be at it. */
const ABANDONED_MS = 24 * 3600 * 1000

const MANIFEST = 'manifest.json'
const PART = '.part-'

/** What is compiled into an entry. */
export interface CompileSource {
  /** name of the checkpoint's file, for errors */
  readonly fileName: string
  readonly stages: readonly { readonly id: string; build(): Graph }[]
}

export interface CompileContext {
  readonly signal?: AbortSignal | undefined
  /** share of the weights written, 0..1 */
  readonly onShare?: ((share: number) => void) | undefined
}

/** The key of an entry: everything that its files depend on. */
export function cacheKey(parts: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40)
}

const weightsFile = (stage: string): string => `weights-${stage}.bin`

/** Bytes of the weights of a stage in an entry, 0 where it has none. */
export async function weightBytes(folder: string, stage: string): Promise<number> {
  const found = await stat(join(folder, weightsFile(stage))).catch(() => undefined)
  return found?.size ?? 0
}

interface WrittenFile {
  readonly name: string
  readonly size: number
  /** modification time in milliseconds: a file that was changed since is not trusted */
  readonly mtimeMs: number
}

/**
 * Compiled models on disk: `<key>/<stage>.onnx` (for the processor) and `<key>/<stage>.portable.onnx` (for
 * other providers) with their weights in `<key>/weights-<stage>.bin`. An entry is written
 * beside its place and renamed when whole, so any number of processes can share the folder. The entries unused for
 * longest are removed when all together exceed the limit.
 */
export class ModelCache {
  readonly #compiling = new Map<string, Promise<string>>()
  readonly #inUse = new Set<string>()

  constructor(
    readonly folder: string,
    readonly limitBytes = CACHE_LIMIT_BYTES
  ) {}

  /** The folder of an entry, compiled now where it is missing or damaged. Throws StudioErrors. */
  open(key: string, source: CompileSource, context: CompileContext = {}): Promise<string> {
    const compiling = this.#compiling.get(key)
    if (compiling) return compiling
    const opening = this.#open(key, source, context).finally(() => this.#compiling.delete(key))
    this.#compiling.set(key, opening)
    return opening
  }

  /** Removes an entry whose files turned out to be damaged. */
  async discard(key: string): Promise<void> {
    await removeEntry(this.folder, key)
  }

  /** An entry that is no longer needed may be removed when room is needed. */
  release(key: string): void {
    this.#inUse.delete(key)
  }

  async sizeBytes(): Promise<number> {
    const entries = await this.#entries()
    return entries.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Removes every entry; sessions that are open keep what they have. */
  async clear(): Promise<void> {
    for (const name of await listFolder(this.folder)) await removeEntry(this.folder, name)
  }

  async #open(key: string, source: CompileSource, context: CompileContext): Promise<string> {
    const place = join(this.folder, key)
    if (!(await isWhole(place))) {
      const part = join(this.folder, `${PART}${key}-${process.pid}-${randomBytes(4).toString('hex')}`)
      try {
        await compile(part, source, context)
        await this.#moveInto(place, part)
      } catch (cause) {
        throw writeFault(cause, source.fileName)
      } finally {
        await rm(part, { recursive: true, force: true }).catch(() => undefined)
      }
    }
    this.#inUse.add(key)
    await touch(place)
    await this.#removeOldest()
    return place
  }

  /** Another process may have written the same entry meanwhile: then that one is taken. */
  async #moveInto(place: string, part: string): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await rename(part, place)
        return
      } catch (error) {
        if (await isWhole(place)) return
        if (attempt > 0) throw error
        await rm(place, { recursive: true, force: true })
      }
    }
  }

  async #removeOldest(): Promise<void> {
    const entries = await this.#entries()
    let total = entries.reduce((sum, { bytes }) => sum + bytes, 0)
    const oldestFirst = entries.sort((a, b) => a.usedMs - b.usedMs)
    for (const { name, bytes, usedMs } of oldestFirst) {
      const abandoned = name.startsWith(PART) && Date.now() - usedMs > ABANDONED_MS
      const evictable = total > this.limitBytes && !name.startsWith(PART) && !this.#inUse.has(name)
      if (!abandoned && !evictable) continue
      await removeEntry(this.folder, name)
      total -= bytes
    }
  }

  async #entries(): Promise<{ name: string; bytes: number; usedMs: number }[]> {
    const entries = []
    for (const name of await listFolder(this.folder)) {
      const folder = join(this.folder, name)
      let bytes = 0
      let usedMs = 0
      for (const file of await listFolder(folder)) {
        const found = await stat(join(folder, file)).catch(() => undefined)
        bytes += found?.size ?? 0
        usedMs = Math.max(usedMs, found?.mtimeMs ?? 0)
      }
      entries.push({ name, bytes, usedMs })
    }
    return entries
  }
}

/** Names in a folder; [] where it does not exist (yet, or any more). */
async function listFolder(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}

/** First out of the way by a rename, so that no one finds half an entry. */
async function removeEntry(folder: string, name: string): Promise<void> {
  const grave = join(folder, `${PART}removed-${randomBytes(6).toString('hex')}`)
  try {
    await rename(join(folder, name), grave)
    await rm(grave, { recursive: true, force: true })
  } catch {
    // gone already, or in use by another process on a system that locks files: removed another time
  }
}

async function touch(place: string): Promise<void> {
  const now = new Date()
  await utimes(join(place, MANIFEST), now, now).catch(() => undefined)
}

async function isWhole(place: string): Promise<boolean> {
  try {
    const files = JSON.parse(await readFile(join(place, MANIFEST), 'utf8')) as WrittenFile[]
    for (const { name, size, mtimeMs } of files) {
      const found = await stat(join(place, name))
      if (found.size !== size || found.mtimeMs !== mtimeMs) return false
    }
    return files.length > 0
  } catch {
    // missing, or its manifest is damaged
    return false
  }
}

async function compile(folder: string, { stages }: CompileSource, context: CompileContext): Promise<void> {
  await mkdir(folder, { recursive: true })
  const graphs = stages.map(({ id, build }) => ({ id, graph: build() }))
  const total = graphs.reduce((sum, { graph }) => sum + graph.weights.reduce((bytes, w) => bytes + bytesOf(w), 0), 0)
  let written = 0
  const names: string[] = []
  for (const { id, graph } of graphs) {
    const location = weightsFile(id)
    const placement = placeWeights(graph.weights, location)
    names.push(`${id}.onnx`, `${id}.portable.onnx`)
    await writeFile(join(folder, `${id}.onnx`), encodeModel(graph, placement))
    await writeFile(join(folder, `${id}.portable.onnx`), encodeModel(withoutFusedAttention(graph), placement))
    if (graph.weights.length === 0) continue
    names.push(location)
    await writeWeights(join(folder, location), graph.weights, placement, async (bytes) => {
      written += bytes
      context.onShare?.(written / total)
      await throwIfCancelled(context.signal)
    })
  }
  const files: WrittenFile[] = []
  for (const name of names) {
    const { size, mtimeMs } = await stat(join(folder, name))
    files.push({ name, size, mtimeMs })
  }
  await writeFile(join(folder, MANIFEST), JSON.stringify(files))
}

const bytesOf = ({ shape }: Weight): number => elementCount(shape) * BYTES_PER_ELEMENT.float32

function placeWeights(weights: readonly Weight[], location: string): Map<string, WeightPlace> {
  const placement = new Map<string, WeightPlace>()
  let offset = 0
  for (const weight of weights) {
    const length = bytesOf(weight)
    placement.set(weight.name, { location, offset, length })
    offset = Math.ceil((offset + length) / ALIGNMENT) * ALIGNMENT
  }
  return placement
}

/** One weight in memory at a time, and the next on its way. */
async function writeWeights(
  path: string,
  weights: readonly Weight[],
  placement: ReadonlyMap<string, WeightPlace>,
  onWritten: (bytes: number) => Promise<void>
): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (const weight of weights) {
      const { data } = await weight.read()
      const place = placement.get(weight.name)
      if (place?.length !== data.byteLength) throw new RangeError(`${weight.name} has another size than its shape`)
      await writeAll(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength), place.offset)
      await onWritten(data.byteLength)
    }
  } finally {
    await file.close()
  }
}

/** Systems write at most 2 GiB at once. */
const WRITE_BYTES = 2 ** 30

async function writeAll(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const length = Math.min(bytes.length - done, WRITE_BYTES)
    done += (await file.write(bytes, done, length, offset + done)).bytesWritten
  }
}

const WRITE_REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full, so free some space or clear the cache',
  EDQUOT: 'your quota on the disk is used up, so free some space or clear the cache',
  EACCES: 'the cache folder may not be written to',
  EROFS: 'the cache folder is on a read-only disk'
}

function writeFault(cause: unknown, fileName: string): unknown {
  if (!(cause instanceof Error) || !('code' in cause) || cause instanceof StudioError) return cause
  const reason = WRITE_REASONS[String(cause.code)] ?? `the disk says ${String(cause.code)}`
  return new StudioError('engine', `${fileName} cannot be compiled: ${reason}.`, { file: fileName, cause })
}
