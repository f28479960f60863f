import type { ModelInfo, PictureId, PictureInfo, RunId, RunInfo, RunRequest, SamPrompts } from '#models/api'
import type { Planes } from '#models/analysis/bilinear'
import { classMargin, maskPrompt, peakPoints, regionBox, type ClassMargin } from '#models/analysis/score-prompts'
import { promptedName } from '#models/architectures/prompted'
import { float32Tensor, toFloat32, type Tensor } from '#models/tensor'
import type { Choices, SamBox, SamChoice, SamPoint } from './choices'
import { indexOfClass } from './class-names'

/*
 * From what the user chose, in pixels of the picture, to what SAM is told, in pixels of its input. The window counts
 * positions from the outer edge of the first pixel, SAM from the middle of the first pixel of its input, which is the
 * picture scaled by inputWidth / width: u becomes u · inputWidth / width − 1/2. (The authors scale indices of pixels,
 * which for a picture of another size is up to half a pixel of the input off; where the sizes are equal it is the same.)
 */

/** Names the window's set of prompts in the names of its tensors. */
const SET = 'window'
/** What SAM gives for the window's prompts, by the name of its kind of answer. */
export const samTensor = (name: SamTensor): string => promptedName(name, SET)
export const SAM_TENSORS = [
  'low_res_masks_multi',
  'iou_predictions_multi',
  'low_res_masks_single',
  'iou_predictions_single'
] as const
export type SamTensor = (typeof SAM_TENSORS)[number]

/** A score map that is there, of one pass over the whole picture. */
export interface SlotScores {
  readonly run: RunId
  readonly picture: PictureId
  readonly classes: readonly string[]
  readonly map: Planes
  /** how many pictures wide and high its cells cover: more than 1 where the picture was filled up with zeros */
  readonly spanX: number
  readonly spanY: number
}

/** [1, classes, rows, columns] of a run; undefined for windows that slide, which have a map each. */
export function slotScores(run: RunInfo, tensor: Tensor): SlotScores | undefined {
  if (run.windows.length !== 1) return undefined
  const [, planes = 0, rows = 0, columns = 0] = tensor.shape
  return {
    run: run.id,
    picture: run.picture,
    classes: run.classes,
    map: { data: toFloat32(tensor).data, planes, rows, columns },
    spanX: run.paddedWidth / run.inputWidth,
    spanY: run.paddedHeight / run.inputHeight
  }
}

/** What is needed of an open model (ModelSlot). */
interface Scored {
  readonly info: ModelInfo | undefined
  readonly classes: readonly string[]
  readonly scores: SlotScores | undefined
}

/** The score map that prompts are made of. */
export interface ScoreSource {
  readonly scores: SlotScores
  readonly classIndex: number
  readonly tau: number
}

/** Index of the model whose score map is told to SAM; undefined where none has any. */
export function scoreModelOf(slots: readonly Scored[], { scoreModel }: SamChoice): number | undefined {
  if (scoreModel !== undefined && slots[scoreModel]?.scores) return scoreModel
  const first = slots.findIndex(({ scores }) => scores !== undefined)
  return first < 0 ? undefined : first
}

/**
 * Undefined where nothing of it is chosen, no map of the picture is there yet, or its model has no class of the chosen
 * name.
 */
export function scoreSourceOf(
  slots: readonly Scored[],
  picture: PictureId | undefined,
  { sam, chosenClass, tau }: Pick<Choices, 'sam' | 'chosenClass' | 'tau'>
): ScoreSource | undefined {
  const { points, box, mask } = sam.fromScores
  if (!points && !box && !mask) return undefined
  const slot = slots[scoreModelOf(slots, sam) ?? -1]
  const listed = slots.find(({ classes }) => classes.length > 0)?.classes ?? []
  const name = listed[indexOfClass(listed, chosenClass) ?? 0]
  const classIndex = indexOfClass(slot?.scores?.classes ?? [], name)
  if (!slot?.scores || slot.scores.picture !== picture || classIndex === undefined) return undefined
  return { scores: slot.scores, classIndex, tau: tau ?? slot.info?.tau ?? 0.07 }
}

/** What a score map says, in pixels of the picture. */
export interface FromScores {
  readonly points: readonly SamPoint[]
  readonly box: SamBox | undefined
  readonly margin: ClassMargin
}

export function promptsFromScores(
  sam: SamChoice,
  { scores, classIndex }: ScoreSource,
  { width, height }: Pick<PictureInfo, 'width' | 'height'>
): FromScores {
  const margin = classMargin(scores.map, classIndex)
  // shares of what the cells cover; what lies beyond the picture is moved to its edge
  const x = (share: number): number => Math.min(share * scores.spanX, 1) * width
  const y = (share: number): number => Math.min(share * scores.spanY, 1) * height
  const peaks = sam.fromScores.points ? peakPoints(margin, sam.threshold, sam.peaks) : []
  const region = sam.fromScores.box ? regionBox(margin, sam.threshold) : undefined
  return {
    points: peaks.map((peak) => ({ x: x(peak.x), y: y(peak.y), label: 1 })),
    box: region && [x(region[0]), y(region[1]), x(region[2]), y(region[3])],
    margin
  }
}

/** How a picture lies in SAM's square. */
export interface SamFrame {
  readonly picture: Pick<PictureInfo, 'width' | 'height'>
  readonly run: Pick<RunInfo, 'inputWidth' | 'inputHeight' | 'paddedWidth' | 'paddedHeight'>
  readonly maskSide: number
}

/**
 * Everything that is chosen as one set: points and box of the user with those of the score map (a box of the user's own
 * in the place of the map's), and the map as a mask. Undefined where nothing is chosen.
 */
export function samPromptsOf(sam: SamChoice, source: ScoreSource | undefined, frame: SamFrame): SamPrompts | undefined {
  const { picture, run, maskSide } = frame
  const x = (pixel: number): number => (pixel * run.inputWidth) / picture.width - 0.5
  const y = (pixel: number): number => (pixel * run.inputHeight) / picture.height - 0.5
  const from = source && promptsFromScores(sam, source, picture)
  const points = [...sam.points, ...(from?.points ?? [])]
  const box = sam.box ?? from?.box
  const mask =
    source && from && sam.fromScores.mask
      ? maskPrompt(from.margin, sam.threshold, source.tau, {
          side: maskSide,
          spanX: run.paddedWidth / run.inputWidth / source.scores.spanX,
          spanY: run.paddedHeight / run.inputHeight / source.scores.spanY
        })
      : undefined
  if (points.length === 0 && !box && !mask) return undefined
  return {
    name: SET,
    points: points.map((point) => ({ x: x(point.x), y: y(point.y), label: point.label })),
    box: box && [x(box[0]), y(box[1]), x(box[2]), y(box[3])],
    mask: mask && float32Tensor([1, 1, maskSide, maskSide], mask)
  }
}

/** What a model that takes prompts is run with, and what sets one such run apart from another, as text. */
export interface PromptedRun {
  readonly request: Pick<RunRequest, 'mode' | 'scaling' | 'samPrompts'>
  readonly want: readonly string[]
  readonly key: string
}

/**
 * SAM sees every picture whole and scaled to its square, whatever is chosen for other models. It is run without prompts
 * first, which encodes the picture; `run`, once it is there, says how the picture was scaled.
 */
export function promptedRun(
  maskSide: number,
  run: RunInfo | undefined,
  picture: PictureInfo,
  slots: readonly Scored[],
  choices: Choices
): PromptedRun {
  const source = scoreSourceOf(slots, picture.id, choices)
  const prompts = run && samPromptsOf(choices.sam, source, { picture, run, maskSide })
  return {
    request: { mode: { kind: 'whole' }, scaling: 'published', samPrompts: prompts && [prompts] },
    want: prompts ? SAM_TENSORS.map(samTensor) : ['image_embedding'],
    // a mask is a hundred thousand numbers, and what it is made of a few
    key: JSON.stringify([
      { ...prompts, mask: undefined },
      prompts?.mask && [source?.scores.run, source?.classIndex, source?.tau, choices.sam.threshold]
    ])
  }
}
