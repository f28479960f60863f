import type { ModelInfo } from '#models/api'
import { comparesWords } from './class-lists'

/** What the authors call their systems, by the ids of models/architectures; one that is not here is called by its id. */
const TITLES: Readonly<Record<string, string>> = {
  denseclip: 'DenseCLIP',
  'denseclip-detection': 'DenseCLIP (detection)',
  'semantic-fpn': 'Semantic FPN',
  clip: 'CLIP',
  maskclip: 'MaskCLIP',
  coop: 'CoOp',
  cocoop: 'CoCoOp',
  'imagenet-resnet': 'ImageNet ResNet',
  sam: 'SAM',
  onnx: 'ONNX'
}

export function systemTitle(system: string): string {
  return TITLES[system] ?? system
}

/** What someone may look for in a model and not find; why is in the dictionary. */
export type Lack = 'scoreMap' | 'scoreMapFiles' | 'decoder' | 'anyLabels' | 'words' | 'noWords' | 'meanings'

/** Told by what the model gives, so that it holds for every system. */
export function lacksOf(info: ModelInfo): readonly Lack[] {
  const { tensors, needs = [], prompts, nameTokens } = info
  if (needs.length > 0) return ['scoreMapFiles']
  if (info.outputs && !tensors.some(({ kind }) => kind === 'score-map' || kind === 'logits')) return ['meanings']
  const gives = (kind: string): boolean => tensors.some((spec) => spec.kind === kind)
  const hasDecoder = gives('logits')
  if (comparesWords(info)) {
    return [...(hasDecoder ? [] : (['decoder'] as const)), ...(nameTokens === undefined ? (['words'] as const) : [])]
  }
  if (hasDecoder || prompts) return ['scoreMap', 'noWords']
  return ['scoreMap', 'anyLabels']
}
