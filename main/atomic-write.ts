import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** A name beside `path` that nothing else has. */
function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.part`)
}

/**
 * Writes files so that each is either as it was or whole: all bytes go to new files first, which take the names only
 * when every one of them is on the disk.
 */
export async function writeFilesAtomically(
  files: readonly { readonly path: string; readonly bytes: Uint8Array | string }[]
): Promise<void> {
  const parts: { part: string; path: string }[] = []
  try {
    for (const { path, bytes } of files) {
      const part = temporaryName(path)
      const handle = await open(part, 'wx')
      parts.push({ part, path })
      try {
        await handle.writeFile(bytes)
        await handle.sync()
      } finally {
        await handle.close()
      }
    }
    for (const { part, path } of parts) await rename(part, path)
  } finally {
    await Promise.all(parts.map(({ part }) => rm(part, { force: true })))
  }
}
