import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { CompanionName } from '#models/architectures/architecture'
import { companionsAmong } from '#models/architectures/companion-files'

/** Paths of the files in the folder of `path` that by their names belong to it; none where the folder cannot be read. */
export async function companionsBeside(
  path: string
): Promise<Readonly<Partial<Record<CompanionName, readonly string[]>>>> {
  const folder = dirname(path)
  const others = await readdir(folder).catch(() => [])
  const found = companionsAmong(basename(path), others)
  return Object.fromEntries(
    Object.entries(found).map(([name, files]) => [name, files.map((file) => join(folder, file))])
  )
}
