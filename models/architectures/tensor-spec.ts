import type { Axis, TensorKind, TensorSpec } from './architecture'

const MAP = ['batch', 'channel', 'row', 'column'] as const
const CLASS_MAP = ['batch', 'class', 'row', 'column'] as const
const WORDS = ['batch', 'class', 'channel'] as const
const PROMPTS = ['batch', 'prompt', 'channel'] as const
const LAYERS = ['layer', 'head', 'query', 'key'] as const

/** What the axes and the values of each kind usually are. */
const KINDS: Readonly<Record<TensorKind, { readonly axes: readonly Axis[]; readonly unit: TensorSpec['unit'] }>> = {
  'feature-map': { axes: MAP, unit: 'feature' },
  'embedding-map': { axes: MAP, unit: 'feature' },
  'picture-embedding': { axes: ['batch', 'channel'], unit: 'feature' },
  'text-embedding': { axes: WORDS, unit: 'feature' },
  'score-map': { axes: CLASS_MAP, unit: 'cosine' },
  logits: { axes: CLASS_MAP, unit: 'logit' },
  'picture-logits': { axes: ['batch', 'class'], unit: 'logit' },
  'text-attention': { axes: LAYERS, unit: 'weight' },
  'cross-attention': { axes: LAYERS, unit: 'weight' },
  'cell-attention': { axes: LAYERS, unit: 'weight' },
  'token-ids': { axes: ['class', 'token'], unit: 'id' },
  'prompt-embedding': { axes: PROMPTS, unit: 'feature' },
  masks: { axes: ['batch', 'mask', 'row', 'column'], unit: 'logit' },
  'mask-scores': { axes: ['batch', 'mask'], unit: 'IoU' }
}

/** A tensor of a system. `unusual` says where it differs from others of its kind. */
export function tensorSpec(
  name: string,
  kind: TensorKind,
  meaning: string,
  unusual: Partial<Pick<TensorSpec, 'axes' | 'unit'>> = {}
): TensorSpec {
  return { name, kind, ...KINDS[kind], meaning, ...unusual }
}
