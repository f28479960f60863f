import { readdir } from 'node:fs/promises'
import { join, parse } from 'node:path'
import type { ClassList } from '#models/shell'
import { readList } from './cli/lists'

/** The lists of data sets that the studio brings, in `folder`: each a text file that is called like the list. */
export async function classLists(folder: string): Promise<readonly ClassList[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.txt')).sort()
  return Promise.all(
    files.map(async (file) => ({ name: parse(file).name, classes: await readList(`@${join(folder, file)}`) }))
  )
}
