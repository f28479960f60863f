import type { RunId } from '#models/api'
import { logitsAtPicture, maskFromLogits, maskOutline, type SamGeometry } from '#models/analysis/sam-mask'
import { toFloat32, type Tensor } from '#models/tensor'
import type { ModelSlot } from '../../state/model-slot.svelte'
import { Resource } from '../../state/resource.svelte'
import { SAM_TENSORS, samTensor, type SamTensor } from '../../state/sam-prompts'
import type { Studio } from '../../state/studio.svelte'

/** One of the masks that SAM gives for the prompts. */
export interface SamMask {
  readonly answer: '1' | '2' | '3' | 'single'
  /** [side, side] over the square that SAM sees */
  readonly logits: Float32Array
  readonly side: number
  /** IoU that SAM expects of it */
  readonly iou: number
}

/** A mask at the size of the picture: 1 where its logit is above 0. */
export interface PictureMask {
  readonly width: number
  readonly height: number
  readonly inside: Uint8Array
  readonly outline: Uint8Array
  /** share of the picture, 0..1 */
  readonly share: number
}

/** The outline is this share of the longer side, and at least a pixel. */
const OUTLINE_SHARE = 1 / 400

function masksOf(kind: 'multi' | 'single', logits: Tensor, ious: Tensor): SamMask[] {
  const [, count = 0, side = 0] = logits.shape
  const values = toFloat32(logits).data
  return Array.from({ length: count }, (_, index) => ({
    answer: kind === 'single' ? 'single' : (`${index + 1}` as SamMask['answer']),
    logits: values.subarray(index * side * side, (index + 1) * side * side),
    side,
    iou: Number(ious.data[index])
  }))
}

/** The mask that is chosen; 'best': of the three the one of which SAM expects most. */
function chosenMask(masks: readonly SamMask[], answer: SamMask['answer'] | 'best'): SamMask | undefined {
  if (answer !== 'best') return masks.find((mask) => mask.answer === answer)
  const three = masks.filter((mask) => mask.answer !== 'single')
  return three.reduce<SamMask | undefined>((best, mask) => (best && best.iou >= mask.iou ? best : mask), undefined)
}

/** Pane and inspector show the same masks: by the memory of their logits, which is kept as long as the run's. */
const kept = new WeakMap<ArrayBufferLike, Map<string, PictureMask>>()

function pictureMask(mask: SamMask, geometry: SamGeometry): PictureMask {
  const known = kept.get(mask.logits.buffer) ?? new Map<string, PictureMask>()
  kept.set(mask.logits.buffer, known)
  const key = JSON.stringify([mask.answer, geometry])
  const made = known.get(key) ?? makeMask(mask, geometry)
  known.set(key, made)
  return made
}

function makeMask({ logits, side }: SamMask, geometry: SamGeometry): PictureMask {
  const { width, height } = geometry
  const inside = maskFromLogits(logitsAtPicture(logits, side, geometry))
  const thickness = Math.max(1, Math.round(Math.max(width, height) * OUTLINE_SHARE))
  let pixels = 0
  for (const value of inside) pixels += value
  return {
    width,
    height,
    inside,
    outline: maskOutline(inside, width, height, thickness),
    share: pixels / inside.length
  }
}

/** What SAM answers to the prompts of the document. Make it while a component is set up. */
export class SamAnswers {
  /** the three and the single one */
  readonly masks
  /** the chosen one at the size of the picture */
  readonly atPicture
  readonly chosen: SamMask | undefined = $derived.by(() =>
    chosenMask(this.masks.value ?? [], this.#studio.choices.sam.answer)
  )
  readonly #studio: Studio

  /** `run`: what is to be shown, undefined for nothing. */
  constructor(studio: Studio, slot: ModelSlot, run: () => { readonly id: RunId; readonly epoch: number } | undefined) {
    this.#studio = studio
    const { results } = studio.session
    this.masks = new Resource(
      () => {
        const asked = run()
        return asked && slot.info?.prompts ? { run: asked.id, epoch: asked.epoch } : undefined
      },
      async ({ run: id }) => {
        const get = (name: SamTensor): Promise<Tensor> => results.tensor(id, samTensor(name))
        const [multi, multiIous, single, singleIou] = await Promise.all(SAM_TENSORS.map(get))
        if (!multi || !multiIous || !single || !singleIou) return []
        return [...masksOf('multi', multi, multiIous), ...masksOf('single', single, singleIou)]
      }
    )
    this.atPicture = new Resource(
      () => {
        const { info: picture } = studio.picture
        const { answered } = this.masks
        const answer = this.chosen?.answer
        return slot.run && picture && answered && answer
          ? { ...answered, answer, width: picture.width, height: picture.height, geometry: geometryOf(slot, picture) }
          : undefined
      },
      async ({ geometry }) => (this.chosen && geometry ? pictureMask(this.chosen, geometry) : undefined)
    )
  }
}

function geometryOf({ run }: ModelSlot, { width, height }: { width: number; height: number }): SamGeometry | undefined {
  return run && { square: run.paddedWidth, inputWidth: run.inputWidth, inputHeight: run.inputHeight, width, height }
}

/** Whether a run has answered prompts of the window. */
export function hasAnswers(shapes: Readonly<Record<string, unknown>>): boolean {
  return samTensor('low_res_masks_multi') in shapes
}
