import { domainOf } from '#models/figures/overlay'
import type { Range, ScalePart } from '../../state/shared-scales.svelte'
import type { ShownKind } from './overlay-data.svelte'
import { SCORE_UNITS } from './score-tensor'
import type { Sources } from './shown'
import type { Cells } from './slot-maps.svelte'

/*
 * Which maps have one scale. Cosines of words: all classes of all models. Logits of the chosen class, and losses in
 * nats: of all models that show them. Values of features have no unit that two networks share: each map its own.
 */

/** The range over several maps. */
export function rangeOf(maps: readonly Cells[]): Range {
  const ranges = maps.map(({ values }) => domainOf(values, false))
  return [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))]
}

/** No loss is the end of the scale that means the same everywhere. */
export function lossRange(values: Float32Array): Range {
  return [0, domainOf(values, false)[1]]
}

/** What a pane adds to the scale of its unit. */
export function scaleOf(kind: ShownKind, { slot, maps, data }: Sources): ScalePart | undefined {
  const part = (unit: string, range: Range): ScalePart => ({ unit, letter: slot.letter, range })
  if (kind === 'score_map') {
    const scores = maps.scores.value
    return scores && part(SCORE_UNITS[scores.tensor], scores.range)
  }
  if (kind === 'logits') return data.logits.value && part('logit', rangeOf([data.logits.value]))
  if (kind === 'loss-score' || kind === 'loss-decoder') {
    return data.loss.value && part('nats', lossRange(data.loss.value.values))
  }
  return undefined
}

/**
 * The range to draw a map with, and the tag that says whose it is. `own`: of the map; `alone`: what a model that is alone
 * shares among its own maps, if anything.
 */
export function chosenScale(
  { studio, words }: Sources,
  unit: string,
  own: Range,
  alone?: Range
): { readonly range: Range; readonly tag: string } {
  if (studio.heatmaps.scale === 'own') return { range: own, tag: words.tagOwn }
  const shared = studio.scales.of(unit)
  if (shared && shared.letters.length > 1) {
    return { range: shared.range, tag: studio.words.panes.tagShared(shared.letters.join(', ')) }
  }
  return alone ? { range: shared?.range ?? alone, tag: words.tagShared } : { range: own, tag: words.tagOwn }
}
