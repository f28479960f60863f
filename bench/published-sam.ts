import { Layout } from './layout'
import type { TensorToWrite } from './random-tensor'

/** Sizes of SAM's picture encoders as published (segment_anything/build_sam.py). */
export const SAM_SIZES = {
  'ViT-B': { width: 768, layers: 12, heads: 12, globalBlocks: [2, 5, 8, 11] },
  'ViT-L': { width: 1024, layers: 24, heads: 16, globalBlocks: [5, 11, 17, 23] },
  'ViT-H': { width: 1280, layers: 32, heads: 16, globalBlocks: [7, 15, 23, 31] }
} as const
export type SamName = keyof typeof SAM_SIZES

const CHANNELS = 256
/** cells a side of a picture of 1024 pixels */
const GRID = 64
const WINDOW = 14

/** SAM ViT-B, in single precision as its authors publish it: 375 MB. */
export const samVitB = (): ReadonlyMap<string, TensorToWrite> => samOf('ViT-B')

/** SAM with the authors' names, in float32: 375 MB, 1.2 GB, 2.6 GB. */
export function samOf(name: SamName): ReadonlyMap<string, TensorToWrite> {
  const to = new Layout()
  addEncoder(to, SAM_SIZES[name])
  addPromptEncoder(to)
  addMaskDecoder(to)
  return to.tensors
}

function addEncoder(to: Layout, sizes: (typeof SAM_SIZES)[SamName]): void {
  const { width, layers, heads } = sizes
  const globalBlocks: readonly number[] = sizes.globalBlocks
  to.add('image_encoder.pos_embed', [1, GRID, GRID, width], 0.02)
  to.conv('image_encoder.patch_embed.proj', width, 3, 16, true)
  for (let layer = 0; layer < layers; layer++) {
    const block = `image_encoder.blocks.${layer}`
    const side = globalBlocks.includes(layer) ? GRID : WINDOW
    to.norm(`${block}.norm1`, width)
    for (const axis of ['h', 'w']) to.add(`${block}.attn.rel_pos_${axis}`, [2 * side - 1, width / heads], 0.02)
    to.linear(`${block}.attn.qkv`, 3 * width, width)
    to.linear(`${block}.attn.proj`, width, width)
    to.norm(`${block}.norm2`, width)
    to.linear(`${block}.mlp.lin1`, 4 * width, width)
    to.linear(`${block}.mlp.lin2`, width, 4 * width)
  }
  to.conv('image_encoder.neck.0', CHANNELS, width, 1)
  to.norm('image_encoder.neck.1', CHANNELS)
  to.conv('image_encoder.neck.2', CHANNELS, CHANNELS, 3)
  to.norm('image_encoder.neck.3', CHANNELS)
}

function addPromptEncoder(to: Layout): void {
  to.add('prompt_encoder.pe_layer.positional_encoding_gaussian_matrix', [2, CHANNELS / 2], 1)
  for (const point of [0, 1, 2, 3]) to.add(`prompt_encoder.point_embeddings.${point}.weight`, [1, CHANNELS], 1)
  to.add('prompt_encoder.not_a_point_embed.weight', [1, CHANNELS], 1)
  to.conv('prompt_encoder.mask_downscaling.0', 4, 1, 2, true)
  to.norm('prompt_encoder.mask_downscaling.1', 4)
  to.conv('prompt_encoder.mask_downscaling.3', 16, 4, 2, true)
  to.norm('prompt_encoder.mask_downscaling.4', 16)
  to.conv('prompt_encoder.mask_downscaling.6', CHANNELS, 16, 1, true)
  to.add('prompt_encoder.no_mask_embed.weight', [1, CHANNELS], 1)
}

function addMaskDecoder(to: Layout): void {
  const transformer = 'mask_decoder.transformer'
  const attention = (name: string, inner: number): void => {
    for (const projection of ['q_proj', 'k_proj', 'v_proj']) to.linear(`${name}.${projection}`, inner, CHANNELS)
    to.linear(`${name}.out_proj`, CHANNELS, inner)
  }
  const mlp = (name: string, outputs: number): void => {
    for (const layer of [0, 1]) to.linear(`${name}.layers.${layer}`, CHANNELS, CHANNELS)
    to.linear(`${name}.layers.2`, outputs, CHANNELS)
  }
  for (const layer of [0, 1]) {
    const name = `${transformer}.layers.${layer}`
    attention(`${name}.self_attn`, CHANNELS)
    attention(`${name}.cross_attn_token_to_image`, CHANNELS / 2)
    attention(`${name}.cross_attn_image_to_token`, CHANNELS / 2)
    to.linear(`${name}.mlp.lin1`, 2048, CHANNELS)
    to.linear(`${name}.mlp.lin2`, CHANNELS, 2048)
    for (const norm of [1, 2, 3, 4]) to.norm(`${name}.norm${norm}`, CHANNELS)
  }
  attention(`${transformer}.final_attn_token_to_image`, CHANNELS / 2)
  to.norm(`${transformer}.norm_final_attn`, CHANNELS)
  to.add('mask_decoder.iou_token.weight', [1, CHANNELS], 1)
  to.add('mask_decoder.mask_tokens.weight', [4, CHANNELS], 1)
  to.upsampling('mask_decoder.output_upscaling.0', CHANNELS, 64)
  to.norm('mask_decoder.output_upscaling.1', 64)
  to.upsampling('mask_decoder.output_upscaling.3', 64, 32)
  for (const mask of [0, 1, 2, 3]) mlp(`mask_decoder.output_hypernetworks_mlps.${mask}`, 32)
  mlp('mask_decoder.iou_prediction_head', 4)
}
