import { open, stat, type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ByteSource } from '#models/bytes'
import { failIn } from '#models/checkpoints/fault'

/** libuv reads at most 2 GiB at once. */
const MAX_READ_BYTES = 2 ** 30

/** A file that is read by position; it stays open until it is closed. */
export interface OpenFile extends ByteSource {
  readonly path: string
  close(): Promise<void>
}

/** Opens a file for reading. Throws `unreadable` where it can't be opened or is no file. */
export async function openFile(path: string): Promise<OpenFile> {
  const name = basename(path)
  const fail = failIn(name)
  let handle: FileHandle | undefined
  try {
    // before it is opened: opening a pipe waits for somebody to write into it
    const found = await stat(path)
    if (!found.isFile()) {
      const what = found.isDirectory() ? 'a folder' : 'no ordinary file'
      throw fail('unreadable', `it is ${what}`, { remedy: 'Choose a file.' })
    }
    handle = await open(path, 'r')
    return new HandleSource(path, name, (await handle.stat()).size, handle)
  } catch (cause) {
    await handle?.close()
    throw readFault(cause, name)
  }
}

class HandleSource implements OpenFile {
  constructor(
    readonly path: string,
    readonly name: string,
    readonly size: number,
    private readonly handle: FileHandle
  ) {}

  async read(start: number, end: number): Promise<Uint8Array> {
    const fail = failIn(this.name)
    if (start < 0 || end > this.size || start > end) {
      throw fail('truncated', `it has ${this.size} bytes, and bytes ${start} to ${end} were asked for`)
    }
    // not filled with zeros first, and with a buffer of its own, so that typed arrays can be laid over it
    const bytes = Buffer.allocUnsafeSlow(end - start)
    try {
      for (let done = 0; done < bytes.length;) {
        const length = Math.min(bytes.length - done, MAX_READ_BYTES)
        const { bytesRead } = await this.handle.read(bytes, done, length, start + done)
        if (bytesRead === 0) throw fail('truncated', 'it became shorter while it was read')
        done += bytesRead
      }
    } catch (cause) {
      throw readFault(cause, this.name)
    }
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  close(): Promise<void> {
    return this.handle.close()
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'you may not read it',
  EPERM: 'you may not read it',
  EISDIR: 'it is a folder',
  EMFILE: 'too many files are open',
  EIO: 'the disk could not read it'
}

function readFault(cause: unknown, name: string): unknown {
  if (!(cause instanceof Error) || !('code' in cause) || 'file' in cause) return cause
  const code = String(cause.code)
  return failIn(name)('unreadable', Object.hasOwn(REASONS, code) ? (REASONS[code] ?? code) : code, { cause })
}
