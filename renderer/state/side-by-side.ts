import type { CompanionName } from '#models/architectures/architecture'
import { MAX_MODELS, type ModelSource } from './choices'
import type { ModelSlot } from './model-slot.svelte'
import type { Studio } from './studio.svelte'

/* Several models beside each other, and one file in several ways. */

/** What is being opened beside others, one after another: each takes the place behind the one before. */
const underWay = new WeakMap<Studio, Promise<void>>()

/** Opens a checkpoint beside those that are open or on their way. */
export function openBeside(studio: Studio, source: ModelSource): Promise<void> {
  const opened = (underWay.get(studio) ?? Promise.resolve()).then(async () => {
    if (hasPlace(studio)) await studio.opener.openModel(source, studio.choices.models.length)
  })
  underWay.set(studio, opened)
  return opened
}

/** Whether there is a place left; says so where there is none. */
export function hasPlace(studio: Studio): boolean {
  if (!isFull(studio)) return true
  studio.notices.add('error', studio.words.opening.full)
  return false
}

export function isFull({ choices }: Studio): boolean {
  return choices.models.length >= MAX_MODELS
}

/** Makes a model the first, A: the others keep their order. */
export function makeLead(studio: Studio, index: number): void {
  const { models } = studio.choices
  const lead = models[index]
  if (lead) studio.choose({ models: [lead, ...models.toSpliced(index, 1)] })
}

/** Gives a model another file that it needs; one that does not fit is refused, and the model says why. */
export function giveCompanion(studio: Studio, index: number, name: CompanionName, path: string): Promise<void> {
  const companions = { ...studio.choices.models[index]?.companions, [name]: path }
  return studio.opener.changeModel(index, { companions })
}

/** Open models whose files may be what another one needs: needs are called like the systems that meet them. */
export function openCompanions(studio: Studio, name: CompanionName): readonly ModelSlot[] {
  const fitting = studio.models.filter(({ info }) => info?.system === name || info?.alternatives?.includes(name))
  return fitting.filter(
    ({ choice }, index) => fitting.findIndex((other) => other.choice.path === choice.path) === index
  )
}

/** Index of the same file, opened as another system beside a model; -1 where it is not. */
export function comparisonOf(studio: Studio, slot: ModelSlot, system: string): number {
  return studio.models.findIndex(
    (other) => other !== slot && other.choice.path === slot.choice.path && systemOf(other) === system
  )
}

/** As what a model is opened, or is being opened. */
function systemOf({ choice, info }: ModelSlot): string | undefined {
  return choice.as ?? info?.system
}

/** Opens the same file as another system beside a model, with the score maps of both in sight; or closes that again. */
export async function compare(studio: Studio, slot: ModelSlot, system: string, on: boolean): Promise<void> {
  const at = comparisonOf(studio, slot, system)
  if (!on) return at < 0 ? undefined : studio.opener.closeModel(at)
  if (at < 0) await openBeside(studio, { path: slot.choice.path, overrides: slot.choice.overrides, as: system })
  const beside = comparisonOf(studio, slot, system)
  if (beside < 0) return
  const both = [beside, studio.models.indexOf(slot)]
  studio.choose({
    models: studio.choices.models.map((model, index) =>
      both.includes(index) ? { ...model, pane: { ...model.pane, overlay: undefined } } : model
    ),
    heatmaps: { ...studio.choices.heatmaps, overlay: 'score_map' }
  })
}
