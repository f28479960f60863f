import type { LabelsInfo, RunId } from '#models/api'
import type { LabelSource, MeanIou } from '#models/results-api'
import type { ModelSlot } from '../state/model-slot.svelte'
import { Resource } from '../state/resource.svelte'
import type { Studio } from '../state/studio.svelte'
import type { Words } from '../words/words'

/** What labels can be compared with: the decoder's answer and score maps, MaskCLIP's before and after its refinements. */
const ANSWERS = ['seg_logits', 'score_map', 'score_map_denoised', 'score_map_smoothed'] as const

interface Asked {
  readonly run: RunId
  readonly labels: LabelsInfo['id']
  readonly from: LabelSource
  readonly epoch: number
}

/** How far an answer of a model and the labels agree. */
export interface LabelAgreement {
  readonly from: LabelSource
  readonly resource: Resource<Asked, MeanIou>
}

/** Of every answer that a model may have, asked for once it is there. Make them while a component is set up. */
export function labelAgreements(
  studio: Studio,
  slotOf: () => ModelSlot,
  labelsOf: () => LabelsInfo
): readonly LabelAgreement[] {
  return ANSWERS.map((from) => ({
    from,
    resource: new Resource(
      () => {
        const slot = slotOf()
        const isThere = from === 'seg_logits' ? slot.decoded : slot.has(from)
        if (!slot.run || !isThere || !studio.labelsFit(slot)) return undefined
        return { run: slot.run.id, labels: labelsOf().id, from, epoch: studio.session.epoch }
      },
      ({ run, labels, from: answer }, context) => studio.engine.meanIou({ run, labels, from: answer }, context)
    )
  }))
}

export function answerName(from: LabelSource, words: Words): string {
  if (from === 'seg_logits') return words.quality.decoder
  return from === 'score_map' ? words.quality.scoreMap : words.refine.tensors[from]
}
