import type { WordMetric } from '#models/analysis/nearest-words'
import type { OpenModelRequest, Scaling } from '#models/api'
import type { SequentialMap, SignedMap } from '#models/palettes'

/*
 * Everything a user can choose about what is shown, as one immutable value: undo, redo and the workspace file are
 * then nothing but older values of it. Camera moves, hovering and the window's own layout are no choices.
 */

/** The most models that can be open at once: slots A, B, C, D. */
export const MAX_MODELS = 4

/** What makes it another model for the engine: the file, and how it is to be read. */
export type ModelSource = OpenModelRequest

export interface ModelChoice extends ModelSource {
  /** the edited list; undefined: the checkpoint's own */
  readonly classes: readonly string[] | undefined
  /** what its pane shows that differs from the other panes */
  readonly pane?: PaneChoice | undefined
}

/** Parts that are not given follow the options of the view. */
export interface PaneChoice {
  readonly overlay?: OverlayKind | undefined
  readonly featureTensor?: string | undefined
  readonly scoreTensor?: string | undefined
}

/** A probe that stays. Coordinates are pixels of the picture, 0 at the outer edge of the first pixel. */
export interface Pin {
  /** the number it is shown by; never given twice on a picture */
  readonly number: number
  readonly name: string
  readonly x: number
  readonly y: number
}

/** A place that SAM is told about. Coordinates are pixels of the picture, 0 at the outer edge of the first pixel. */
export interface SamPoint {
  readonly x: number
  readonly y: number
  /** 1: belongs to the mask, 0: does not */
  readonly label: 0 | 1
}

/** left, top, right, bottom in pixels of the picture */
export type SamBox = readonly [number, number, number, number]

/** Which of SAM's masks is shown: of its three answers the one that it thinks best, or each; or its single answer. */
export const SAM_ANSWERS = ['best', '1', '2', '3', 'single'] as const
export type SamAnswer = (typeof SAM_ANSWERS)[number]

/** What SAM models are told, all of them the same. */
export interface SamChoice {
  readonly points: readonly SamPoint[]
  readonly box: SamBox | undefined
  readonly answer: SamAnswer
  /** what of the chosen class's score map is told as well (models/analysis/score-prompts.ts) */
  readonly fromScores: { readonly points: boolean; readonly box: boolean; readonly mask: boolean }
  /** index of the model whose score map it is; undefined: the first that has one */
  readonly scoreModel: number | undefined
  /** at most so many peaks */
  readonly peaks: number
  /** cosine by which the class has to beat the best other one */
  readonly threshold: number
}

/** What lies over the picture in the Heatmaps view. */
export const OVERLAY_KINDS = [
  'score_map', // cosine of the chosen class, of scoreTensor
  'score-argmax',
  'decoder-argmax',
  'labels',
  'loss-decoder',
  'loss-score',
  'similar', // cosine of the probed cell to all others
  'feature', // featureTensor, as PCA-RGB or one channel
  'logits', // decoder's logit of the chosen class
  'sam-mask', // the region that prompts ask for
  'sam-logits' // and the logits that it is made of, at their own size
] as const
export type OverlayKind = (typeof OVERLAY_KINDS)[number]

export interface HeatmapOptions {
  readonly overlay: OverlayKind
  /** tensor of the feature browser and of similar cells: 'x1'…'x4', 'visual_embedding', 'p1'…'p4' */
  readonly featureTensor: string
  readonly featureChannel: number | 'pca'
  /** SAM's picture embedding is joined to the features of other models, for PCA and similar cells */
  readonly joinSam: boolean
  /** tensor of the score map, of kind 'score-map': 'score_map', 'score_map_denoised', … */
  readonly scoreTensor: string
  readonly interpolation: 'bilinear' | 'cells'
  /** one range for all classes and models, or each map its own */
  readonly scale: 'shared' | 'own'
  readonly polarity: 'sequential' | 'signed'
  readonly sequentialMap: SequentialMap
  readonly signedMap: SignedMap
  /** of the overlay, 0..1 */
  readonly opacity: number
  readonly layout: 'single' | 'side-by-side' | 'swipe'
  /** what the second pane of side-by-side and swipe shows: the bare picture or another overlay */
  readonly beside: OverlayKind | 'picture'
  /** where the swipe line stands, share of the pane's width */
  readonly swipe: number
}

/** How learned contexts are told in words. */
export interface ContextOptions {
  readonly metric: WordMetric
  /** of a model whose contexts depend on the picture: its learned ones, or those of the picture that is open */
  readonly of: 'learned' | 'picture'
}

/** What the Checkpoint view looks into. */
export interface DoctorChoice {
  /** a file that is open as no model */
  readonly path?: string | undefined
  /** index of the model, where it is no such file */
  readonly model: number
  /** what it is compared with: the index of a model, or a file; undefined: nothing */
  readonly against?: number | string | undefined
}

export interface Choices {
  /** slots A–D in order */
  readonly models: readonly ModelChoice[]
  readonly picturePath: string | undefined
  readonly labelsPath: string | undefined
  /** by name, so that it is the same in every model; where model A has no such class, its first stands in */
  readonly chosenClass: string | undefined
  readonly modeKind: 'whole' | 'slide'
  /** pixels; undefined: as published for the model */
  readonly slideWindow: number | undefined
  readonly slideStride: number | undefined
  readonly scaling: Scaling
  /** γ is multiplied by this, 0..2 */
  readonly gammaScale: number
  /** temperature of the pixel–text matching loss; undefined: the checkpoint's */
  readonly tau: number | undefined
  readonly pins: readonly Pin[]
  readonly sam: SamChoice
  readonly heatmaps: HeatmapOptions
  readonly contexts: ContextOptions
  readonly doctor: DoctorChoice
}

export const DEFAULT_HEATMAPS: HeatmapOptions = {
  overlay: 'score_map',
  featureTensor: 'visual_embedding',
  featureChannel: 'pca',
  joinSam: false,
  scoreTensor: 'score_map',
  interpolation: 'bilinear',
  scale: 'shared',
  polarity: 'sequential',
  sequentialMap: 'viridis',
  signedMap: 'vik',
  opacity: 0.7,
  layout: 'single',
  beside: 'picture',
  swipe: 0.5
}

export const DEFAULT_CONTEXTS: ContextOptions = { metric: 'euclidean', of: 'picture' }

export const DEFAULT_DOCTOR: DoctorChoice = { model: 0 }

export const NO_PROMPTS: SamChoice = {
  points: [],
  box: undefined,
  answer: 'best',
  fromScores: { points: false, box: false, mask: false },
  scoreModel: undefined,
  peaks: 3,
  threshold: 0
}

export const EMPTY_CHOICES: Choices = {
  models: [],
  picturePath: undefined,
  labelsPath: undefined,
  chosenClass: undefined,
  modeKind: 'whole',
  slideWindow: undefined,
  slideStride: undefined,
  scaling: 'published',
  gammaScale: 1,
  tau: undefined,
  pins: [],
  sam: NO_PROMPTS,
  heatmaps: DEFAULT_HEATMAPS,
  contexts: DEFAULT_CONTEXTS,
  doctor: DEFAULT_DOCTOR
}
