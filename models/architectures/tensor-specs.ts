import type { TensorSpec } from './architecture'
import { tensorSpec } from './tensor-spec'

/** Backbone features; the strides are those of every system here. */
export const FEATURES: readonly TensorSpec[] = [4, 8, 16, 32].map((stride, index) =>
  tensorSpec(`x${index + 1}`, 'feature-map', `backbone feature at stride ${stride}`)
)

const VISUAL_EMBEDDING = tensorSpec(
  'visual_embedding',
  'embedding-map',
  'z, every cell in the joint space, not normalised'
)

/** z, where there is more than one way to make it of the same weights. */
export function visualEmbedding(how: string): TensorSpec {
  return { ...VISUAL_EMBEDDING, meaning: `z, ${how}, not normalised` }
}

const GLOBAL_EMBEDDING = tensorSpec(
  'global_embedding',
  'picture-embedding',
  'z̄, the picture as one vector in the joint space'
)

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
  return Array.from({ length: count }, (_, index) =>
    tensorSpec(`block_${index + 1}`, 'feature-map', `cells behind block ${index + 1} of ${count}`)
  )
}

export const BLOCK_ATTENTION = tensorSpec(
  'block_attention',
  'cell-attention',
  'weights of every block; token 0 is the global one'
)

export const ATTENTION_POOL = tensorSpec(
  'attention_pool',
  'cell-attention',
  'weights of the attention pool; token 0 is the mean of the cells',
  { axes: ['head', 'query', 'key'] }
)

export const TOKEN_IDS = tensorSpec('token_ids', 'token-ids', 'tokens of the names with start and end')

export const INSTANCE_CONTEXTS = tensorSpec(
  'instance_contexts',
  'prompt-embedding',
  'learned contexts, shifted by what the picture is'
)

export const IMAGE_PROMPT = tensorSpec(
  'image_prompt',
  'prompt-embedding',
  'I, the picture as one token of every prompt'
)

export const PROMPTED_CONTEXTS: TensorSpec = {
  ...INSTANCE_CONTEXTS,
  meaning: 'what stands before the names: learned contexts, then the picture as a token'
}

export const TEXT_EMBEDDING = tensorSpec('text_embedding', 'text-embedding', 't, the words as encoded, not normalised')

export const REFINEMENT: readonly TensorSpec[] = [
  tensorSpec('text_diff', 'text-embedding', 'v, what the context decoder adds to the words'),
  tensorSpec('text_refined', 'text-embedding', 't′ = t + γ·v, the words after they saw the picture'),
  tensorSpec('decoder_self_attention', 'text-attention', 'weights among the words in the context decoder'),
  tensorSpec('decoder_cross_attention', 'cross-attention', 'weights of each word over the picture; key 0 is z̄')
]

export const SCORE_MAP = tensorSpec('score_map', 'score-map', 's, cosine of each cell to each word')

/** Keys of the last attention, where MaskCLIP's smoothing takes them from. */
export const KEY = tensorSpec('key', 'feature-map', 'keys of the last attention, by whose likeness cells are smoothed')

export const SCORE_MAP_DENOISED = tensorSpec(
  'score_map_denoised',
  'score-map',
  's, and −1 everywhere for a class that no cell gives a share of pd_thresh in softmax(100·s)'
)

export const SCORE_MAP_SMOOTHED = tensorSpec(
  'score_map_smoothed',
  'score-map',
  'softmax(100·s) of the denoised map, in cells below ks_thresh summed over all cells by likeness of keys: to be ' +
    'compared among classes, no probability any more',
  { unit: 'summed probability' }
)

export const SCORE_MAP_JOINED = tensorSpec('score_map_joined', 'logits', 's/τ, the map that is joined to the features')

export const PYRAMID: readonly TensorSpec[] = [4, 8, 16, 32].map((stride, index) =>
  tensorSpec(`p${index + 1}`, 'feature-map', `feature pyramid at stride ${stride}`)
)

export const LOGITS: readonly TensorSpec[] = [
  tensorSpec('seg_logits_low', 'logits', 'logits of the decoder at stride 4'),
  tensorSpec('seg_logits', 'logits', 'logits of the decoder at the size of the input')
]

export const LOGITS_PER_IMAGE = tensorSpec(
  'logits_per_image',
  'picture-logits',
  'exp(logit_scale) times the cosine of z̄ and t'
)
