import type { StoredValue } from '../checkpoints/checkpoint'
import type { Axis, TensorKind, TensorSpec } from './architecture'

/* What outputs of an ONNX model may mean: which meanings fit a shape, and which one a name and a shape suggest. */

/** What a user says an output is; the kinds of tensor that a foreign graph may give, and nothing at all. */
const OUTPUT_MEANINGS = [
  'ignore',
  'feature-map',
  'embedding-map',
  'score-map',
  'logits',
  'picture-embedding',
  'picture-logits',
  'text-embedding',
  'cell-attention'
] as const satisfies readonly (TensorKind | 'ignore')[]
export type OutputMeaning = (typeof OUTPUT_MEANINGS)[number]
export type MappedMeaning = Exclude<OutputMeaning, 'ignore'>

/** An output of a file that is run as it is, and what it is taken for; `output:NAME` of the overrides sets that. */
export interface FileOutput {
  /** as the file calls it */
  readonly name: string
  readonly dtype: StoredValue['dtype']
  readonly shape: StoredValue['shape']
  readonly meaning: OutputMeaning
  /** those that its shape allows */
  readonly meanings: readonly OutputMeaning[]
  /** the tensor that it is shown as; undefined where it is ignored */
  readonly tensor: string | undefined
}

interface Mapping {
  /** of the whole tensor; attention has its layers or batch in front or not */
  readonly axes: readonly Axis[]
  readonly unit: TensorSpec['unit']
  /** under which views find it; undefined: its own name */
  readonly name: string | undefined
  readonly meaning: string
}

const GRID = ['row', 'column'] as const satisfies readonly Axis[]

const MAPPINGS: Readonly<Record<MappedMeaning, Mapping>> = {
  'feature-map': { axes: ['batch', 'channel', ...GRID], unit: 'feature', name: undefined, meaning: 'features' },
  'embedding-map': {
    axes: ['batch', 'channel', ...GRID],
    unit: 'feature',
    name: 'visual_embedding',
    meaning: 'every cell in the joint space'
  },
  'score-map': {
    axes: ['batch', 'class', ...GRID],
    unit: 'cosine',
    name: 'score_map',
    meaning: 'score of each cell for each class'
  },
  logits: {
    axes: ['batch', 'class', ...GRID],
    unit: 'logit',
    name: 'seg_logits_low',
    meaning: 'logits of each class'
  },
  'picture-embedding': {
    axes: ['batch', 'channel'],
    unit: 'feature',
    name: 'global_embedding',
    meaning: 'the picture as one vector'
  },
  'picture-logits': {
    axes: ['batch', 'class'],
    unit: 'logit',
    name: 'logits_per_image',
    meaning: 'logits of the whole picture'
  },
  'text-embedding': {
    axes: ['batch', 'class', 'channel'],
    unit: 'feature',
    name: 'text_embedding',
    meaning: 'one vector a class'
  },
  'cell-attention': {
    axes: ['layer', 'head', 'query', 'key'],
    unit: 'weight',
    name: undefined,
    meaning: 'attention weights'
  }
}

/** Of which a model has one: label maps and probes are made of it. */
export const SINGULAR: readonly OutputMeaning[] = ['score-map', 'logits']

const MEANINGS_OF_RANK: Readonly<Record<number, readonly OutputMeaning[]>> = {
  2: ['ignore', 'picture-embedding', 'picture-logits', 'text-embedding'],
  3: ['ignore', 'text-embedding', 'cell-attention'],
  4: ['ignore', 'feature-map', 'embedding-map', 'score-map', 'logits', 'cell-attention']
}

export function meaningsFor({ dtype, shape }: StoredValue): readonly OutputMeaning[] {
  if (dtype === undefined) return ['ignore']
  return shape === undefined ? OUTPUT_MEANINGS : (MEANINGS_OF_RANK[shape.length] ?? ['ignore'])
}

/** What an output is by its name and shape: no more than they make sure. Class indices and the like are left alone. */
export function guessedMeaning(output: StoredValue): OutputMeaning {
  const { name, dtype, shape } = output
  if (shape === undefined || !(dtype === 'float32' || dtype === 'float16' || dtype === 'float64')) return 'ignore'
  if (typeof shape[0] === 'number' && shape[0] !== 1 && shape.length !== 3) return 'ignore'
  switch (shape.length) {
    case 4:
      if (/attn|attention/i.test(name)) return 'cell-attention'
      if (/score_?map/i.test(name)) return 'score-map'
      if (/logits/i.test(name)) return 'logits'
      return /visual_embed/i.test(name) ? 'embedding-map' : 'feature-map'
    case 3:
      if (/attn|attention/i.test(name)) return 'cell-attention'
      return /text_(embed|feat)/i.test(name) ? 'text-embedding' : 'ignore'
    case 2:
      if (/text_(embed|feat)/i.test(name)) return 'text-embedding'
      return /logits|^prob|scores?$/i.test(name) ? 'picture-logits' : 'picture-embedding'
    default:
      return 'ignore'
  }
}

/** Axes of an output with this many: attention may lack its layers, text embeddings their batch. */
function axesOf(meaning: MappedMeaning, rank: number | undefined): readonly Axis[] {
  const { axes } = MAPPINGS[meaning]
  return rank === undefined ? axes : axes.slice(Math.max(axes.length - rank, 0))
}

/** Size of the class axis: a number, the name of an open size, or undefined where there is no such axis. */
export function classSize(meaning: OutputMeaning, shape: StoredValue['shape']): number | string | undefined {
  if (meaning === 'ignore') return undefined
  const axis = axesOf(meaning, shape?.length).indexOf('class')
  return axis < 0 ? undefined : (shape?.[axis] ?? '')
}

/** Names that views and the engine have for tensors of a meaning of their own. */
const RESERVED: ReadonlySet<string> = new Set([
  ...Object.values(MAPPINGS).flatMap(({ name }) => name ?? []),
  ...['seg_logits', 'seg_logits_original', 'label_map', 'text_diff', 'text_refined', 'attention_pool'],
  ...['image', 'scaled_picture', 'input_size', 'gamma', 'token_ids']
])

/** Longer names are cut: they become names of files. */
const MAX_NAME = 80

/**
 * The tensor that an output is shown as. The first of a meaning has the authors' name for it, any other its own, in
 * letters that a file's name may have, and never one that is `taken` or means something else.
 */
export function tensorFor(output: StoredValue, meaning: MappedMeaning, taken: ReadonlySet<string>): TensorSpec {
  const { unit, name: authors, meaning: phrase, axes: whole } = MAPPINGS[meaning]
  // a batch that is left out is put in front again
  const axes = whole[0] === 'batch' ? whole : axesOf(meaning, output.shape?.length)
  const text = `${phrase}: the output ${output.name}`
  if (authors !== undefined && !taken.has(authors)) return { name: authors, kind: meaning, axes, unit, meaning: text }
  const plain = output.name.replace(/[^\p{L}\p{N}_.-]+/gu, '_').replace(/^[._-]+|[._-]+$/g, '') || 'output'
  const own = plain.slice(0, MAX_NAME)
  let name = RESERVED.has(own) ? `${own}_output` : own
  for (let i = 2; taken.has(name); i++) name = `${own}_${i}`
  return { name, kind: meaning, axes, unit, meaning: text }
}
