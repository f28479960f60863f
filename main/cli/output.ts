import { mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Progress } from '#models/api'
import { encodeNpy } from '#models/checkpoints/npy'
import { StudioError } from '#models/errors'
import type { Tensor } from '#models/tensor'
import { terminal } from './terminal'

/**
 * Makes the folder and those above it where they are missing. Throws a StudioError where that can't be. Node's own
 * `recursive` never comes back where the folder above is there but takes no entries (/proc).
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (cause) {
    const above = dirname(path)
    const code = codeOf(cause)
    if (code === 'EEXIST' && (await isFolder(path))) return
    if (code !== 'ENOENT' || above === path || (await isFolder(above))) throw writeError(path, cause)
    await makeFolder(above)
    await makeFolder(path)
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false
  )

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)

export async function writeOutput(folder: string, name: string, content: string | Uint8Array): Promise<void> {
  const path = join(folder, name)
  try {
    await writeFile(path, content)
  } catch (cause) {
    throw writeError(path, cause)
  }
}

/** Writes `NAME.npy`; the file's name. */
export async function writeNpy(folder: string, name: string, tensor: Tensor): Promise<string> {
  const file = `${name}.npy`
  await writeOutput(folder, file, encodeNpy(tensor))
  return file
}

function writeError(path: string, cause: unknown): StudioError {
  const code = codeOf(cause)
  const reasons: Readonly<Record<string, string>> = {
    EEXIST: 'it is a file, not a folder',
    ENOTDIR: 'a part of it is a file, not a folder',
    EACCES: 'you may not write there',
    EPERM: 'you may not write there',
    ENOENT: 'no folder can be made there',
    EROFS: 'the disk is read-only',
    ENOSPC: 'the disk is full'
  }
  return new StudioError(
    'unreadable',
    `${path}: it cannot be written: ${reasons[code] ?? code}. Choose another folder.`,
    { cause }
  )
}

/** Shows progress in one line that is wiped at the end, only where somebody is looking. */
export function progressLine(): { show(progress: Progress): void; end(): void } {
  if (!terminal.isTTY) return { show: () => undefined, end: () => undefined }
  const wipe = '\r\u001b[K'
  return {
    show({ step, share, remainingMs }) {
      const left = remainingMs === undefined ? '' : `, ${Math.ceil(remainingMs / 1000)} s left`
      terminal.write(`${wipe}${step} ${Math.round(share * 100)} %${left}`)
    },
    end: () => terminal.write(wipe)
  }
}
