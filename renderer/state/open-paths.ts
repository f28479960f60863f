import type { CompanionName } from '#models/architectures/architecture'
import { companionNameOf } from '#models/architectures/companion-files'
import type { ModelSource } from './choices'
import { fileNameOf } from './model-slot.svelte'
import { giveCompanion, openBeside } from './side-by-side'
import type { Studio } from './studio.svelte'

/** Where checkpoints go: the first in the place of model A and further ones beside it, or all beside what is open. */
export type Place = 'instead' | 'beside'

interface Kinds {
  readonly checkpoint: readonly string[]
  readonly picture: readonly string[]
  readonly labels: readonly string[]
  readonly folder: readonly string[]
  readonly unknown: readonly string[]
}

async function kindsOf(studio: Studio, paths: readonly string[]): Promise<Kinds> {
  const kinds = await Promise.all(paths.map(async (path) => ({ path, kind: await studio.shell.kindOfPath({ path }) })))
  const of = (wanted: keyof Kinds): string[] => kinds.filter(({ kind }) => kind === wanted).map(({ path }) => path)
  return {
    checkpoint: of('checkpoint'),
    picture: of('picture'),
    labels: of('labels'),
    folder: of('folder'),
    unknown: of('unknown')
  }
}

/** Opens files of any kind that came together (dropped, or given by the system): a picture before its labels. */
export async function openPaths(studio: Studio, paths: readonly string[], place: Place = 'instead'): Promise<void> {
  await openKinds(studio, await kindsOf(studio, paths), place)
}

/** The same for dropped files: several checkpoints at once all go beside what is open. */
export async function dropPaths(studio: Studio, paths: readonly string[], place: Place): Promise<void> {
  const kinds = await kindsOf(studio, paths)
  await openKinds(studio, kinds, modelsAmong(kinds.checkpoint).models.length > 1 ? 'beside' : place)
}

async function openKinds(studio: Studio, kinds: Kinds, place: Place): Promise<void> {
  await openCheckpoints(studio, kinds.checkpoint, place)
  const [picture] = kinds.picture
  const [labels] = kinds.labels
  if (picture !== undefined) await studio.opener.openPicture(picture)
  if (labels !== undefined) await studio.opener.openLabels(labels)
  for (const path of kinds.folder) studio.notices.add('error', studio.words.drop.folder(fileNameOf(path)))
  for (const path of kinds.unknown) studio.notices.add('error', studio.words.drop.unknown(fileNameOf(path)))
}

async function openCheckpoints(studio: Studio, paths: readonly string[], place: Place): Promise<void> {
  const left: string[] = []
  for (const path of paths) if (place === 'beside' || !(await isTaken(studio, path))) left.push(path)
  const { models, companions } = modelsAmong(left)
  for (const [index, path] of models.entries()) {
    const source: ModelSource = { path, companions: models.length === 1 ? companions : undefined }
    if (place === 'instead' && index === 0) await studio.opener.openModel(source)
    else await openBeside(studio, source)
  }
}

/** Files that by their names belong to another one of them; alone, each is a model. */
function modelsAmong(paths: readonly string[]): Pick<ModelSource, 'companions'> & { models: readonly string[] } {
  const nameOf = (path: string) => companionNameOf(fileNameOf(path))
  const models = paths.filter((path) => nameOf(path) === undefined)
  if (models.length !== 1) return { models: paths }
  const companions = Object.fromEntries(paths.flatMap((path) => [[nameOf(path), path]]).filter(([name]) => name))
  return paths.length > 1 ? { models, companions } : { models }
}

/** Whether a model waits for a file like this one, which is then given to it. */
async function isTaken(studio: Studio, path: string): Promise<boolean> {
  const waiting = studio.models.findIndex(({ info }) => info?.needs && info.needs.length > 0)
  const needs = studio.models[waiting]?.info?.needs ?? []
  const name = needs.length > 0 ? await needMet(studio, path, needs) : undefined
  if (name) await giveCompanion(studio, waiting, name, path)
  return name !== undefined
}

/** Which of several needs a file meets: told by its name, or by what is in it; what no system knows meets an only one. */
async function needMet(
  studio: Studio,
  path: string,
  needs: readonly CompanionName[]
): Promise<CompanionName | undefined> {
  const named = companionNameOf(fileNameOf(path))
  if (named) return needs.find((need) => need === named)
  // one that cannot be read is told where it is opened
  const inspected = await studio.engine.inspect({ path }).catch(() => undefined)
  if (inspected && !inspected.detection && needs.length === 1) return needs[0]
  // a need is called like the system that meets it
  return needs.find((need) => need === inspected?.detection?.system)
}
