import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { StudioError } from '#models/errors'
import { throwIfCancelled } from './cancellation'

/** Large enough that reading costs little, small enough that memory stays low. */
const CHUNK_BYTES = 4 * 2 ** 20

export interface HashContext {
  readonly signal?: AbortSignal | undefined
  /** share of the file read, 0..1 */
  readonly onShare?: ((share: number) => void) | undefined
}

/** SHA-256 of files, remembered on disk as long as path, size, time and inode stay the same. */
export class FileHashes {
  constructor(private readonly folder: string) {}

  /** Hex. Throws a StudioError `unreadable`, or `cancelled`. */
  async hashOf(path: string, context: HashContext = {}): Promise<string> {
    const state = await stateOf(path)
    const memo = join(this.folder, `${sha256(resolve(path))}.json`)
    const known = await readMemo(memo)
    if (known?.state === state) return known.hash
    const hash = await hashFile(path, context)
    // a file that changed meanwhile would be remembered under what it was
    if ((await stateOf(path)) === state) await this.#remember(memo, { state, hash })
    return hash
  }

  async clear(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  async #remember(memo: string, value: Memo): Promise<void> {
    const part = `${memo}.${process.pid}.part`
    try {
      await mkdir(this.folder, { recursive: true })
      await writeFile(part, JSON.stringify(value))
      await rename(part, memo)
    } catch {
      // on a full or read-only disk the hash is computed again the next time
      await rm(part, { force: true }).catch(() => undefined)
    }
  }
}

interface Memo {
  readonly state: string
  readonly hash: string
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** What changes when a file is written or replaced. */
export async function stateOf(path: string): Promise<string> {
  try {
    const { size, mtimeNs, ctimeNs, ino, dev } = await stat(path, { bigint: true })
    return [size, mtimeNs, ctimeNs, ino, dev].join(' ')
  } catch (cause) {
    const file = basename(path)
    throw new StudioError('unreadable', `${file} cannot be read: check that it is still there.`, { file, cause })
  }
}

async function readMemo(memo: string): Promise<Memo | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(memo, 'utf8'))
    if (typeof value !== 'object' || value === null || !('state' in value) || !('hash' in value)) return undefined
    const { state, hash } = value
    return typeof state === 'string' && typeof hash === 'string' ? { state, hash } : undefined
  } catch {
    // never hashed, or the memo is damaged
    return undefined
  }
}

async function hashFile(path: string, { signal, onShare }: HashContext): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES)
    for (let done = 0; ;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, done)
      if (bytesRead === 0) return hash.digest('hex')
      hash.update(buffer.subarray(0, bytesRead))
      done += bytesRead
      onShare?.(size > 0 ? done / size : 1)
      await throwIfCancelled(signal)
    }
  } finally {
    await file.close()
  }
}
