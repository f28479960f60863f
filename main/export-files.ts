import { existsSync } from 'node:fs'
import { basename, extname, join, parse } from 'node:path'
import type { ExportFile } from '#models/shell'
import { StudioError } from '#models/errors'
import { writeFilesAtomically } from './atomic-write'

interface Destination {
  readonly path: string
  readonly bytes: Uint8Array
}

/**
 * Where the files of one export go, if the person chose `chosen` for the first: beside each other under one name, each
 * with its own ending. An ending of the first file's own kind is taken off `chosen`, any other belongs to the name.
 */
export function exportDestinations(chosen: string, files: readonly ExportFile[]): readonly Destination[] {
  const own = files[0]?.extension
  const { dir, name, base } = parse(chosen)
  const stem = extname(chosen).toLowerCase() === `.${own}` ? name : base
  return files.map(({ extension, bytes }) => ({ path: join(dir, `${stem}.${extension}`), bytes }))
}

/** Names of those that would replace a file that the person was not asked about: all but `chosen` itself. */
export function unaskedReplacements(chosen: string, destinations: readonly Destination[]): readonly string[] {
  return destinations.filter(({ path }) => path !== chosen && existsSync(path)).map(({ path }) => basename(path))
}

/** Writes all or none; throws what is wrong in one sentence. */
export async function writeExport(destinations: readonly Destination[]): Promise<void> {
  try {
    await writeFilesAtomically(destinations)
  } catch (error) {
    const file = basename(destinations[0]?.path ?? '')
    const reason = error instanceof Error ? error.message : String(error)
    throw new StudioError('unreadable', `${file} cannot be written there (${reason}): choose another folder.`, {
      file,
      cause: error
    })
  }
}
