import type { Studio } from './studio.svelte'
import { fileNameOf } from './model-slot.svelte'

/** Opens files of any kind that came together (dropped, or given by the system): a picture before its labels. */
export async function openPaths(studio: Studio, paths: readonly string[]): Promise<void> {
  const kinds = await Promise.all(paths.map(async (path) => ({ path, kind: await studio.shell.kindOfPath({ path }) })))
  const of = (wanted: string): string[] => kinds.filter(({ kind }) => kind === wanted).map(({ path }) => path)

  const models = of('checkpoint')
  // the first takes the place of model A, further ones stand beside it
  for (const [index, path] of models.entries()) await studio.openModel({ path }, index)
  const [picture] = of('picture')
  const [labels] = of('labels')
  if (picture !== undefined) await studio.openPicture(picture)
  if (labels !== undefined) await studio.openLabels(labels)
  for (const path of of('folder')) studio.notices.add('error', studio.words.drop.folder(fileNameOf(path)))
  for (const path of of('unknown')) studio.notices.add('error', studio.words.drop.unknown(fileNameOf(path)))
}
