import type { TensorSpec } from './architecture'

/** Backbone features; the strides are those of every system here. */
export const FEATURES: readonly TensorSpec[] = [4, 8, 16, 32].map((stride, index) => ({
  name: `x${index + 1}`,
  kind: 'feature-map',
  axes: ['batch', 'channel', 'row', 'column'],
  unit: 'feature',
  meaning: `backbone feature at stride ${stride}`
}))

const VISUAL_EMBEDDING: TensorSpec = {
  name: 'visual_embedding',
  kind: 'embedding-map',
  axes: ['batch', 'channel', 'row', 'column'],
  unit: 'feature',
  meaning: 'z, every cell in the joint space, not normalised'
}

/** z, where there is more than one way to make it of the same weights. */
export function visualEmbedding(how: string): TensorSpec {
  return { ...VISUAL_EMBEDDING, meaning: `z, ${how}, not normalised` }
}

const GLOBAL_EMBEDDING: TensorSpec = {
  name: 'global_embedding',
  kind: 'picture-embedding',
  axes: ['batch', 'channel'],
  unit: 'feature',
  meaning: 'z̄, the picture as one vector in the joint space'
}

/** z̄ and z of an attention pool. */
export const POOLED_EMBEDDINGS: readonly TensorSpec[] = [
  GLOBAL_EMBEDDING,
  visualEmbedding('the attention pool with each cell as a query')
]

/** z̄ and z of a ViT. */
export const VIT_EMBEDDINGS: readonly TensorSpec[] = [
  GLOBAL_EMBEDDING,
  visualEmbedding('each cell behind the last block, projected')
]

/** Outputs of the blocks of a plain ViT, without their global token. */
export function blockOutputs(count: number): readonly TensorSpec[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `block_${index + 1}`,
    kind: 'feature-map',
    axes: ['batch', 'channel', 'row', 'column'],
    unit: 'feature',
    meaning: `cells behind block ${index + 1} of ${count}`
  }))
}

export const BLOCK_ATTENTION: TensorSpec = {
  name: 'block_attention',
  kind: 'cell-attention',
  axes: ['layer', 'head', 'query', 'key'],
  unit: 'weight',
  meaning: 'weights of every block; token 0 is the global one'
}

export const ATTENTION_POOL: TensorSpec = {
  name: 'attention_pool',
  kind: 'cell-attention',
  axes: ['head', 'query', 'key'],
  unit: 'weight',
  meaning: 'weights of the attention pool; token 0 is the mean of the cells'
}

export const TOKEN_IDS: TensorSpec = {
  name: 'token_ids',
  kind: 'token-ids',
  axes: ['class', 'token'],
  unit: 'id',
  meaning: 'tokens of the names with start and end'
}

export const INSTANCE_CONTEXTS: TensorSpec = {
  name: 'instance_contexts',
  kind: 'prompt-embedding',
  axes: ['batch', 'prompt', 'channel'],
  unit: 'feature',
  meaning: 'learned contexts, shifted by what the picture is'
}

export const IMAGE_PROMPT: TensorSpec = {
  name: 'image_prompt',
  kind: 'prompt-embedding',
  axes: ['batch', 'prompt', 'channel'],
  unit: 'feature',
  meaning: 'I, the picture as one token of every prompt'
}

export const PROMPTED_CONTEXTS: TensorSpec = {
  ...INSTANCE_CONTEXTS,
  meaning: 'what stands before the names: learned contexts, then the picture as a token'
}

export const TEXT_EMBEDDING: TensorSpec = {
  name: 'text_embedding',
  kind: 'text-embedding',
  axes: ['batch', 'class', 'channel'],
  unit: 'feature',
  meaning: 't, the words as encoded, not normalised'
}

export const REFINEMENT: readonly TensorSpec[] = [
  {
    name: 'text_diff',
    kind: 'text-embedding',
    axes: ['batch', 'class', 'channel'],
    unit: 'feature',
    meaning: 'v, what the context decoder adds to the words'
  },
  {
    name: 'text_refined',
    kind: 'text-embedding',
    axes: ['batch', 'class', 'channel'],
    unit: 'feature',
    meaning: 't′ = t + γ·v, the words after they saw the picture'
  },
  {
    name: 'decoder_self_attention',
    kind: 'text-attention',
    axes: ['layer', 'head', 'query', 'key'],
    unit: 'weight',
    meaning: 'weights among the words in the context decoder'
  },
  {
    name: 'decoder_cross_attention',
    kind: 'cross-attention',
    axes: ['layer', 'head', 'query', 'key'],
    unit: 'weight',
    meaning: 'weights of each word over the picture; key 0 is z̄'
  }
]

export const SCORE_MAP: TensorSpec = {
  name: 'score_map',
  kind: 'score-map',
  axes: ['batch', 'class', 'row', 'column'],
  unit: 'cosine',
  meaning: 's, cosine of each cell to each word'
}

/** Keys of the last attention, where MaskCLIP's smoothing takes them from. */
export const KEY: TensorSpec = {
  name: 'key',
  kind: 'feature-map',
  axes: ['batch', 'channel', 'row', 'column'],
  unit: 'feature',
  meaning: 'keys of the last attention, by whose likeness cells are smoothed'
}

export const SCORE_MAP_DENOISED: TensorSpec = {
  name: 'score_map_denoised',
  kind: 'score-map',
  axes: ['batch', 'class', 'row', 'column'],
  unit: 'cosine',
  meaning: 's, and −1 everywhere for a class that no cell gives a share of pd_thresh in softmax(100·s)'
}

export const SCORE_MAP_SMOOTHED: TensorSpec = {
  name: 'score_map_smoothed',
  kind: 'score-map',
  axes: ['batch', 'class', 'row', 'column'],
  unit: 'summed probability',
  meaning:
    'softmax(100·s) of the denoised map, in cells below ks_thresh summed over all cells by likeness of keys: to be ' +
    'compared among classes, no probability any more'
}

export const SCORE_MAP_JOINED: TensorSpec = {
  name: 'score_map_joined',
  kind: 'logits',
  axes: ['batch', 'class', 'row', 'column'],
  unit: 'logit',
  meaning: 's/τ, the map that is joined to the features'
}

export const PYRAMID: readonly TensorSpec[] = [4, 8, 16, 32].map((stride, index) => ({
  name: `p${index + 1}`,
  kind: 'feature-map',
  axes: ['batch', 'channel', 'row', 'column'],
  unit: 'feature',
  meaning: `feature pyramid at stride ${stride}`
}))

export const LOGITS: readonly TensorSpec[] = [
  {
    name: 'seg_logits_low',
    kind: 'logits',
    axes: ['batch', 'class', 'row', 'column'],
    unit: 'logit',
    meaning: 'logits of the decoder at stride 4'
  },
  {
    name: 'seg_logits',
    kind: 'logits',
    axes: ['batch', 'class', 'row', 'column'],
    unit: 'logit',
    meaning: 'logits of the decoder at the size of the input'
  }
]

export const LOGITS_PER_IMAGE: TensorSpec = {
  name: 'logits_per_image',
  kind: 'picture-logits',
  axes: ['batch', 'class'],
  unit: 'logit',
  meaning: 'exp(logit_scale) times the cosine of z̄ and t'
}
