import type { Checkpoint, Note, StateDict } from '../checkpoints/checkpoint'
import { gelu, quickGelu } from '../graph/layers'
import { Ledger, Scope } from '../graph/scope'
import type { TextOptions } from '../graph/text-transformer'
import type { Preprocess, TextStage } from './architecture'
import { fromCustomText, fromHuggingFace } from './clip-names'
import { clipTextStage, type ClipTextOptions } from './clip-text'
import type { Facts } from './facts'
import type { ImageSide } from './image-side'
import { readMmcvMeta, type MmcvMeta } from './mmcv-meta'
import { CLIP_NORMALIZATION } from './preprocess'
import { resnetSide } from './resnet-side'
import { isOpenClipWidth, plainVitSide } from './vit-side'

/** Buffers of OpenAI's archives, open_clip and Hugging Face that hold no weights. */
const BUFFERS = ['input_resolution', 'context_length', 'vocab_size', 'attn_mask']
const BUFFER_ENDINGS = ['.num_batches_tracked', '.position_ids', '.attn_mask']

/** CLIP's two sides in a checkpoint, under the names of OpenAI's. */
export interface ClipCheckpoint {
  readonly file: string
  readonly ledger: Ledger
  readonly root: Scope
  readonly meta: MmcvMeta
  /** whether it is a TorchScript archive, which is how OpenAI publishes its own */
  readonly isArchive: boolean
  /** how names were changed */
  readonly notes: readonly Note[]
}

/** Undefined where it is no CLIP. */
export function readClip(checkpoint: Checkpoint): ClipCheckpoint | undefined {
  const { stateDict, notes } = openAiNames(checkpoint.stateDict)
  if (!stateDict.has('visual.conv1.weight') || !stateDict.has('token_embedding.weight')) return undefined
  const file = checkpoint.source.name
  const ledger = new Ledger(stateDict, file)
  const root = new Scope(ledger)
  root.ignore((name) => BUFFERS.includes(name) || BUFFER_ENDINGS.some((ending) => name.endsWith(ending)))
  const isArchive = checkpoint.format === 'torchscript'
  return { file, ledger, root, meta: readMmcvMeta(checkpoint), isArchive, notes }
}

/** Whether a checkpoint has CLIP's two sides. */
export function isClip(checkpoint: Checkpoint): boolean {
  return readClip(checkpoint) !== undefined
}

function openAiNames(stateDict: StateDict): { stateDict: StateDict; notes: Note[] } {
  const custom = fromCustomText(stateDict)
  if (custom) {
    return {
      stateDict: custom,
      notes: [{ code: 'renamed', message: 'The names are those of open_clip’s CustomTextCLIP.' }]
    }
  }
  const huggingFace = fromHuggingFace(stateDict)
  if (!huggingFace) return { stateDict, notes: [] }
  const message = 'The names are those of Hugging Face’s CLIPModel; OpenAI’s are used here, with q, k and v as one.'
  return { stateDict: huggingFace, notes: [{ code: 'renamed', message }] }
}

/**
 * Of the transformers: OpenAI's, or PyTorch's own, which no shape tells. Sizes that open_clip alone published have the
 * latter.
 */
export function clipActivation({ root }: ClipCheckpoint, facts: Facts): TextOptions['activation'] {
  const visual = root.at('visual')
  const isOpenClip = visual.hasAny('transformer') && isOpenClipWidth(visual.take('conv1.weight').shape[0] ?? 0)
  const name = facts.oneOf('activation', isOpenClip ? ['gelu', 'quick_gelu'] : ['quick_gelu', 'gelu'])
  return name === 'gelu' ? gelu : quickGelu
}

/** Said where the activation is taken by rule and the file may come from elsewhere: OpenAI publishes archives. */
export function activationNotes({ isArchive }: ClipCheckpoint, facts: Facts): Note[] {
  const fact = facts.list.find(({ key }) => key === 'activation')
  if (isArchive || fact?.source !== 'published rule') return []
  const message =
    `The activation is taken to be ${String(fact.value)}, which no shape tells: OpenAI’s CLIPs have quick_gelu, those ` +
    'that open_clip trained (LAION, DataComp) gelu; set activation where this one differs.'
  return [{ code: 'assumed', message }]
}

/** CLIP's picture encoder, ResNet or ViT, as published. */
export function clipImageSide(
  { root, meta }: ClipCheckpoint,
  facts: Facts,
  activation: TextOptions['activation']
): ImageSide {
  const visual = root.at('visual')
  const configuredHeads = meta.config.at('model', 'backbone', 'heads').number()
  if (visual.hasAny('transformer')) return plainVitSide(visual, facts, { configuredHeads, activation })
  return resnetSide(visual, facts, {
    fit: 'bilinear',
    heads: (poolWidth) => ({ configured: configuredHeads, rule: Math.max(1, Math.floor(poolWidth / 64)) })
  })
}

export function clipWords(
  { root, meta }: ClipCheckpoint,
  facts: Facts,
  options: Omit<ClipTextOptions, 'configuredHeads'>
): TextStage {
  const configuredHeads = meta.config.at('model', 'text_encoder', 'transformer_heads').number()
  return clipTextStage(root, facts, { ...options, configuredHeads })
}

/** Pictures as CLIP was trained on: squares, of which the short side is kept here and nothing cut off. */
export function clipPreprocess(trainedSide: number): Preprocess {
  return {
    ...CLIP_NORMALIZATION,
    shortSide: trainedSide,
    maxLongSide: undefined,
    padToMultipleOf: undefined,
    window: trainedSide,
    stride: Math.floor((trainedSide * 2) / 3)
  }
}

export function positionNote(trainedSide: number): Note {
  return {
    code: 'assumed',
    message: `Positions are stored for pictures of ${trainedSide}×${trainedSide}; for others they are resized.`
  }
}
