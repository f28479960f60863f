import * as v from 'valibot'
import { WORD_METRICS } from '#models/analysis/nearest-words'
import { SEQUENTIAL_MAPS, SIGNED_MAPS } from '#models/palettes'
import {
  DEFAULT_CONTEXTS,
  DEFAULT_DOCTOR,
  DEFAULT_HEATMAPS,
  EMPTY_CHOICES,
  MAX_MODELS,
  NO_PROMPTS,
  OVERLAY_KINDS,
  SAM_ANSWERS,
  type Choices
} from './choices'
import { DEFAULT_SETTINGS, type Settings } from './settings'

/** Raised when an older workspace can no longer be read; such a file is left aside and the sample opens. */
const VERSION = 1

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1))
const index = v.pipe(v.number(), v.integer(), v.minValue(0))
const pixels = v.pipe(v.number(), v.integer(), v.minValue(1))

// A part that fell out of the schema (an overlay that is gone) falls back alone; the rest of the workspace stays.
const heatmaps = v.object({
  overlay: v.fallback(v.picklist(OVERLAY_KINDS), DEFAULT_HEATMAPS.overlay),
  featureTensor: v.fallback(v.string(), DEFAULT_HEATMAPS.featureTensor),
  featureChannel: v.fallback(v.union([index, v.literal('pca')]), DEFAULT_HEATMAPS.featureChannel),
  joinSam: v.fallback(v.boolean(), DEFAULT_HEATMAPS.joinSam),
  scoreTensor: v.fallback(v.string(), DEFAULT_HEATMAPS.scoreTensor),
  interpolation: v.fallback(v.picklist(['bilinear', 'cells']), DEFAULT_HEATMAPS.interpolation),
  scale: v.fallback(v.picklist(['shared', 'own']), DEFAULT_HEATMAPS.scale),
  polarity: v.fallback(v.picklist(['sequential', 'signed']), DEFAULT_HEATMAPS.polarity),
  sequentialMap: v.fallback(v.picklist(SEQUENTIAL_MAPS), DEFAULT_HEATMAPS.sequentialMap),
  signedMap: v.fallback(v.picklist(SIGNED_MAPS), DEFAULT_HEATMAPS.signedMap),
  opacity: v.fallback(share, DEFAULT_HEATMAPS.opacity),
  layout: v.fallback(v.picklist(['single', 'side-by-side', 'swipe']), DEFAULT_HEATMAPS.layout),
  beside: v.fallback(v.picklist([...OVERLAY_KINDS, 'picture']), DEFAULT_HEATMAPS.beside),
  swipe: v.fallback(share, DEFAULT_HEATMAPS.swipe)
})

const overrides = v.record(v.string(), v.union([v.number(), v.string(), v.boolean(), v.array(v.number())]))

const companions = v.object({
  clip: v.exactOptional(v.string()),
  clipWeights: v.exactOptional(v.string()),
  clipText: v.exactOptional(v.string()),
  projection: v.exactOptional(v.string())
})

const pane = v.object({
  overlay: v.fallback(v.optional(v.picklist(OVERLAY_KINDS)), undefined),
  featureTensor: v.fallback(v.optional(v.string()), undefined),
  scoreTensor: v.fallback(v.optional(v.string()), undefined)
})

const sam = v.object({
  points: v.fallback(v.array(v.object({ x: v.number(), y: v.number(), label: v.picklist([0, 1]) })), []),
  box: v.fallback(v.optional(v.tuple([v.number(), v.number(), v.number(), v.number()])), undefined),
  answer: v.fallback(v.picklist(SAM_ANSWERS), NO_PROMPTS.answer),
  fromScores: v.fallback(v.object({ points: v.boolean(), box: v.boolean(), mask: v.boolean() }), NO_PROMPTS.fromScores),
  scoreModel: v.fallback(v.optional(index), undefined),
  peaks: v.fallback(pixels, NO_PROMPTS.peaks),
  threshold: v.fallback(v.number(), NO_PROMPTS.threshold)
})

const doctor = v.object({
  path: v.optional(v.string()),
  model: index,
  against: v.optional(v.union([index, v.string()]))
})

const contexts = v.object({
  metric: v.fallback(v.picklist(WORD_METRICS), DEFAULT_CONTEXTS.metric),
  of: v.fallback(v.picklist(['learned', 'picture']), DEFAULT_CONTEXTS.of)
})

const choices = v.object({
  models: v.pipe(
    v.array(
      v.object({
        path: v.string(),
        classes: v.optional(v.array(v.string())),
        overrides: v.optional(overrides),
        as: v.optional(v.string()),
        companions: v.optional(companions),
        pane: v.fallback(v.optional(pane), undefined)
      })
    ),
    v.maxLength(MAX_MODELS)
  ),
  picturePath: v.optional(v.string()),
  labelsPath: v.optional(v.string()),
  chosenClass: v.fallback(v.optional(v.string()), undefined),
  modeKind: v.fallback(v.picklist(['whole', 'slide']), 'whole'),
  slideWindow: v.fallback(v.optional(pixels), undefined),
  slideStride: v.fallback(v.optional(pixels), undefined),
  scaling: v.fallback(v.picklist(['published', 'original']), 'published'),
  gammaScale: v.fallback(v.pipe(v.number(), v.minValue(0), v.maxValue(2)), 1),
  tau: v.fallback(v.optional(v.pipe(v.number(), v.minValue(Number.MIN_VALUE))), undefined),
  pins: v.fallback(v.array(v.object({ number: pixels, name: v.string(), x: v.number(), y: v.number() })), []),
  sam: v.fallback(sam, NO_PROMPTS),
  heatmaps: v.fallback(heatmaps, DEFAULT_HEATMAPS),
  contexts: v.fallback(contexts, DEFAULT_CONTEXTS),
  doctor: v.fallback(doctor, DEFAULT_DOCTOR)
})

const settings = v.object({
  theme: v.fallback(v.picklist(['light', 'dark', 'system']), DEFAULT_SETTINGS.theme),
  language: v.fallback(v.picklist(['en', 'ko']), DEFAULT_SETTINGS.language),
  view: v.fallback(v.string(), DEFAULT_SETTINGS.view),
  classOrder: v.fallback(v.picklist(['presence', 'list']), DEFAULT_SETTINGS.classOrder),
  probeMeasure: v.fallback(v.picklist(['cosine', 'logit']), DEFAULT_SETTINGS.probeMeasure),
  libraryOpen: v.fallback(v.boolean(), DEFAULT_SETTINGS.libraryOpen),
  inspectorOpen: v.fallback(v.boolean(), DEFAULT_SETTINGS.inspectorOpen),
  libraryWidth: v.fallback(v.optional(v.number()), undefined),
  inspectorWidth: v.fallback(v.optional(v.number()), undefined),
  hintsSeen: v.fallback(v.array(v.string()), [])
})

const workspace = v.object({ version: v.literal(VERSION), choices, settings: v.fallback(settings, DEFAULT_SETTINGS) })

export interface Workspace {
  readonly choices: Choices
  readonly settings: Settings
}

/** As plain data for a file. */
export function storedWorkspace({ choices, settings }: Workspace): unknown {
  return { version: VERSION, choices, settings }
}

/** A stored workspace, or undefined where there is none that can be used. */
export function readWorkspace(stored: unknown): Workspace | undefined {
  const result = v.safeParse(workspace, stored)
  if (!result.success) return undefined
  const { choices: chosen, settings: kept } = result.output
  return {
    choices: {
      ...EMPTY_CHOICES,
      ...chosen,
      sam: { ...NO_PROMPTS, ...chosen.sam },
      models: chosen.models.map((model) => ({ ...model, classes: model.classes }))
    },
    settings: { ...DEFAULT_SETTINGS, ...kept }
  }
}
