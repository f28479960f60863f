import type { LabelMap, MeanIou } from '#models/results-api'
import { IGNORED_LABEL } from '#models/analysis/cross-entropy'
import { formatIou, formatShare } from '#models/figures/numbers'
import type { ModelSlot } from '../../state/model-slot.svelte'
import type { Words } from '../../words/words'
import type { Sources } from './shown'

/* The small tags on a pane and in its export: what else has to be known to read what is shown. */

/** That the labels had another size than the picture, whose pixels they are compared to. */
export function labelTags({ studio, words }: Sources): string[] {
  const { info: labels } = studio.labels
  const { info: picture } = studio.picture
  if (!labels || !picture || (labels.width === picture.width && labels.height === picture.height)) return []
  return [words.tagLabels(labels.width, labels.height)]
}

/** Whether a run had other classes, or in another order, than the checkpoint was trained with. */
function hasEditedClasses({ slot, maps }: Sources): boolean {
  const own = slot.info?.classes ?? []
  const used = maps.run?.info.classes ?? []
  return own.length > 0 && (own.length !== used.length || own.some((name, index) => name !== used[index]))
}

/** Whether the picture is a token of the prompts, which the weights were not trained with. */
function hasImagePrompt({ info }: ModelSlot): boolean {
  return info?.facts.some(({ key, value }) => key === 'image_prompt' && value !== 'none') ?? false
}

/** Tags of the run: what the numbers stand under, whatever is shown. */
export function runTags(from: Sources): string[] {
  const { studio, slot, maps, words } = from
  const { run } = maps
  const { info: picture } = studio.picture
  if (!run || !picture) return []
  const { mode, inputWidth, inputHeight, gammaScale } = run.info
  return [
    mode.kind === 'whole' ? words.tagWhole : words.tagSlide(mode.window, mode.stride),
    ...(inputWidth === picture.width && inputHeight === picture.height
      ? []
      : [words.tagInput(inputWidth, inputHeight)]),
    ...(hasEditedClasses(from) ? [words.tagClasses] : []),
    ...(gammaScale === 1 ? [] : [words.tagGamma(gammaScale.toFixed(2))]),
    ...(hasImagePrompt(slot) ? [studio.words.refine.tagImagePrompt] : [])
  ]
}

export function meanIouTags(value: MeanIou | undefined, from: Sources): string[] {
  if (!value) return []
  return [from.words.tagMeanIou(formatIou(value.mean), formatShare(value.pixelAccuracy)), ...labelTags(from)]
}

/** How much of the ground truth is of classes that the list does not have: it is drawn as nothing. */
export function beyondTags({ studio, words }: Sources, { labels }: LabelMap): string[] {
  const known = studio.labelClasses.length
  const beyond = labels.reduce((count, label) => count + Number(label >= known && label !== IGNORED_LABEL), 0)
  return beyond > 0 ? [words.tagBeyond(formatShare(beyond / labels.length))] : []
}

/** Tags of two overlays in one pane: what holds for both once, the rest with its side. */
export function mergeTags(left: readonly string[], right: readonly string[], words: Words['heatmaps']): string[] {
  return [
    ...left.filter((tag) => right.includes(tag)),
    ...left.filter((tag) => !right.includes(tag)).map(words.tagLeft),
    ...right.filter((tag) => !left.includes(tag)).map(words.tagRight)
  ]
}
