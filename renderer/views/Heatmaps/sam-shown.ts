import type { Key } from '#models/figures/heatmap'
import { formatIou, formatShare } from '#models/figures/numbers'
import { domainOf, WHOLE, type Layer } from '#models/figures/overlay'
import type { ProbeMark } from '#models/figures/probe-mark'
import { SAM_COLORS } from '#models/palettes'
import { SAM_ANSWERS } from '../../state/choices'
import type { ModelSlot } from '../../state/model-slot.svelte'
import { samTensor } from '../../state/sam-prompts'
import type { Studio } from '../../state/studio.svelte'
import { hasAnswers, type SamMask } from './sam-answers.svelte'
import type { Missing, Shown, Sources } from './shown'
import { runTags } from './tags'

/* What SAM answers, over the picture: a mask as a region with an outline, its logits as a map with 0 in the middle. */

/** The fill lets the picture through more than other overlays do, since its outline says where it ends. */
const FILL = 0.6

/** Where there is no mask yet: what to do. It has the keys and tags of an answer, so that the picture stays in its place. */
function before(from: Sources): Shown | Missing | undefined {
  const { studio, slot, words: heatmaps } = from
  const words = studio.words.sam
  if (!slot.info?.prompts) return { missing: words.needsSam }
  if (slot.run && hasAnswers(slot.run.shapes)) return undefined
  return {
    title: heatmaps.overlays['sam-mask'],
    layers: [],
    keys: [
      iouKey(
        SAM_ANSWERS.flatMap((answer) => (answer === 'best' ? [] : [{ answer, iou: undefined }])),
        '',
        studio
      )
    ],
    tags: [
      words.tagIou(formatIou(undefined)),
      toldTo(studio),
      ...runTags(from),
      words.tagShare(formatShare(undefined))
    ],
    hint: slot.run ? words.teach : words.encoding
  }
}

function nameOf(mask: SamMask, { studio }: Sources): string {
  return studio.words.sam.maskOf(studio.words.sam.answers[mask.answer])
}

/** How SAM was asked, and what it expects of the answer. */
function tagsOf(mask: SamMask, from: Sources): string[] {
  const { studio } = from
  const words = studio.words.sam
  return [words.tagIou(formatIou(mask.iou)), toldTo(studio), ...runTags(from)]
}

function toldTo(studio: Studio): string {
  const { sam } = studio.choices
  const from = studio.samFromScores
  return studio.words.sam.told(
    sam.points.length + (from?.points.length ?? 0),
    (sam.box ?? from?.box) !== undefined,
    from && sam.fromScores.mask ? studio.chosenName : undefined
  )
}

/** The IoU of every mask, the shown one marked. */
function iouKey(
  masks: readonly { readonly answer: SamMask['answer']; readonly iou: number | undefined }[],
  shown: string,
  studio: Studio
): Key {
  const words = studio.words.sam
  return {
    kind: 'note',
    title: words.expected,
    lines: masks.map(({ answer, iou }) => `${answer === shown ? '▸ ' : ''}${words.answers[answer]}: ${formatIou(iou)}`)
  }
}

export function showSamMask(from: Sources): Shown | Missing | undefined {
  const first = before(from)
  if (first) return first
  const { data, studio } = from
  const { chosen, masks, atPicture } = data.sam
  if (!chosen || !atPicture.value || !masks.value) return undefined
  const { width, height, inside, outline, share } = atPicture.value
  const layer = (pixels: Uint8Array, opacity: number): Layer => ({
    // 0 has the colour, 1 none
    overlay: {
      kind: 'labels',
      rows: height,
      columns: width,
      labels: labelsOf(pixels),
      palette: PALETTE
    },
    opacity,
    region: WHOLE,
    clip: WHOLE
  })
  return {
    title: nameOf(chosen, from),
    layers: [layer(inside, FILL * studio.heatmaps.opacity), layer(outline, 1)],
    keys: [iouKey(masks.value, chosen.answer, studio)],
    tags: [...tagsOf(chosen, from), studio.words.sam.tagShare(formatShare(share))]
  }
}

const PALETTE = [SAM_COLORS.mask]

/** Label 0 where the mask is 1. The same array every time, so that a plot knows what it has uploaded. */
const labels = new WeakMap<Uint8Array, Uint16Array>()
function labelsOf(pixels: Uint8Array): Uint16Array {
  const known = labels.get(pixels)
  if (known) return known
  const made = new Uint16Array(pixels.length)
  for (let i = 0; i < made.length; i++) made[i] = 1 - (pixels[i] ?? 0)
  labels.set(pixels, made)
  return made
}

export function showSamLogits(from: Sources): Shown | Missing | undefined {
  const first = before(from)
  if (first) return first
  const { data, maps, studio, words } = from
  const { chosen, masks } = data.sam
  const [window] = maps.windows
  if (!chosen || !masks.value || !window) return undefined
  const options = studio.heatmaps
  const domain = domainOf(chosen.logits, true)
  const map = options.signedMap
  const tensor = samTensor(chosen.answer === 'single' ? 'low_res_masks_single' : 'low_res_masks_multi')
  const { side, logits } = chosen
  return {
    title: `${nameOf(chosen, from)} · ${tensor}`,
    layers: [
      {
        overlay: {
          kind: 'scalar',
          rows: side,
          columns: side,
          values: logits,
          interpolation: options.interpolation,
          map,
          domain
        },
        opacity: options.opacity,
        ...window
      }
    ],
    keys: [{ kind: 'color-bar', tensor, unit: 'logit', map, domain }, iouKey(masks.value, chosen.answer, studio)],
    tags: [words.tagInterpolation[options.interpolation], words.tagOwn, ...tagsOf(chosen, from)]
  }
}

/** The points that SAM is told, as marks of an export. */
export function promptMarks({ choices, samFromScores }: Studio): ProbeMark[] {
  const points = [...choices.sam.points, ...(samFromScores?.points ?? [])]
  return points.map(({ x, y, label }) => ({ x, y, label: label === 1 ? '+' : '−', cell: undefined }))
}

/** Kinds that only a model that takes prompts can show. */
export function isSamKind(kind: string): boolean {
  return kind.startsWith('sam-')
}

/** What a pane shows where nothing else is chosen for it: a model that takes prompts has no classes to show. */
export function kindFor<Kind extends string>(slot: ModelSlot, kind: Kind): Kind | 'sam-mask' {
  const classBound = ['score_map', 'score-argmax', 'decoder-argmax', 'loss-decoder', 'loss-score', 'logits']
  return slot.info?.prompts && classBound.includes(kind) ? 'sam-mask' : kind
}
