import type { StateDict, StoredTensor } from '../checkpoints/checkpoint'
import { stacked, transposed } from './stored-views'

/** Hugging Face's CLIPModel → the names of OpenAI's CLIP, outside the blocks. */
const NAMES: readonly (readonly [string, string])[] = [
  ['text_model.embeddings.token_embedding.weight', 'token_embedding.weight'],
  ['text_model.embeddings.position_embedding.weight', 'positional_embedding'],
  ['text_model.final_layer_norm.', 'ln_final.'],
  ['vision_model.embeddings.class_embedding', 'visual.class_embedding'],
  ['vision_model.embeddings.position_embedding.weight', 'visual.positional_embedding'],
  ['vision_model.embeddings.patch_embedding.weight', 'visual.conv1.weight'],
  // with the spelling of the original
  ['vision_model.pre_layrnorm.', 'visual.ln_pre.'],
  ['vision_model.post_layernorm.', 'visual.ln_post.']
]

/** Linear layers that OpenAI's CLIP keeps as a matrix multiplied from the right. */
const PROJECTIONS: ReadonlyMap<string, string> = new Map([
  ['text_projection.weight', 'text_projection'],
  ['visual_projection.weight', 'visual.proj']
])

/** The same inside a block. */
const BLOCK_NAMES: readonly (readonly [string, string])[] = [
  ['layer_norm1.', 'ln_1.'],
  ['layer_norm2.', 'ln_2.'],
  ['mlp.fc1.', 'mlp.c_fc.'],
  ['mlp.fc2.', 'mlp.c_proj.'],
  ['self_attn.out_proj.', 'attn.out_proj.']
]

const BLOCK = /^(text|vision)_model\.encoder\.layers\.(\d+)\.(.+)$/
const PART_OF_INPUT = /^self_attn\.([qkv])_proj\.(weight|bias)$/

/** A state dict with Hugging Face's names under those of OpenAI's CLIP; undefined where it has other names. */
export function fromHuggingFace(stateDict: StateDict): StateDict | undefined {
  if (!stateDict.has('text_model.embeddings.token_embedding.weight')) return undefined
  const renamed = new Map<string, StoredTensor>()
  const inputs = new Map<string, Map<string, StoredTensor>>()
  for (const [name, stored] of stateDict) {
    const projection = PROJECTIONS.get(name)
    if (projection !== undefined) {
      renamed.set(projection, transposed(stored))
      continue
    }
    const [, side, layer = '', rest = ''] = BLOCK.exec(name) ?? []
    if (side === undefined) {
      renamed.set(replaced(name, NAMES), stored)
      continue
    }
    const block = `${side === 'text' ? '' : 'visual.'}transformer.resblocks.${layer}.`
    const [, part, kind] = PART_OF_INPUT.exec(rest) ?? []
    if (part === undefined || kind === undefined) renamed.set(block + replaced(rest, BLOCK_NAMES), stored)
    else {
      const key = `${block}attn.in_proj_${kind}`
      inputs.set(key, (inputs.get(key) ?? new Map<string, StoredTensor>()).set(part, stored))
    }
  }
  for (const [key, parts] of inputs) {
    const [q, k, v] = [parts.get('q'), parts.get('k'), parts.get('v')]
    if (q && k && v) renamed.set(key, stacked(`${q.name}:kv`, [q, k, v]))
  }
  return renamed
}

/** open_clip's CustomTextCLIP has the text encoder under `text.`; undefined where it has not. */
export function fromCustomText(stateDict: StateDict): StateDict | undefined {
  if (!stateDict.has('text.token_embedding.weight')) return undefined
  return new Map([...stateDict].map(([name, stored]) => [name.replace(/^text\./, ''), stored]))
}

function replaced(name: string, table: readonly (readonly [string, string])[]): string {
  const entry = table.find(([from]) => name.startsWith(from))
  return entry ? entry[1] + name.slice(entry[0].length) : name
}
