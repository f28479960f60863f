import { Layout } from './layout'
import type { TensorToWrite } from './random-tensor'

const WIDTH = 768
const LAYERS = 12
const HEAD = 64
const GLOBAL_BLOCKS = [2, 5, 8, 11]
const CHANNELS = 256

/** SAM ViT-B, in single precision as its authors publish it: 375 MB. */
export function samVitB(): ReadonlyMap<string, TensorToWrite> {
  const to = new Layout()
  addPictureEncoder(to)
  addPromptEncoder(to)
  addMaskDecoder(to)
  return to.tensors
}

function addPictureEncoder(to: Layout): void {
  const name = 'image_encoder'
  to.add(`${name}.pos_embed`, [1, 64, 64, WIDTH], 0.02)
  to.add(`${name}.patch_embed.proj.weight`, [WIDTH, 3, 16, 16], (3 * 256) ** -0.5)
  to.add(`${name}.patch_embed.proj.bias`, [WIDTH], 0.02)
  for (let index = 0; index < LAYERS; index++) {
    const block = `${name}.blocks.${index}`
    // one for every distance between two cells: of 64 × 64 in the blocks that see all, of 14 × 14 windows in the others
    const distances = GLOBAL_BLOCKS.includes(index) ? 127 : 27
    for (const axis of ['h', 'w']) to.add(`${block}.attn.rel_pos_${axis}`, [distances, HEAD], 0.02)
    to.linear(`${block}.attn.qkv`, 3 * WIDTH, WIDTH)
    to.linear(`${block}.attn.proj`, WIDTH, WIDTH)
    to.linear(`${block}.mlp.lin1`, 4 * WIDTH, WIDTH)
    to.linear(`${block}.mlp.lin2`, WIDTH, 4 * WIDTH)
    for (const norm of ['norm1', 'norm2']) to.norm(`${block}.${norm}`, WIDTH)
  }
  to.conv(`${name}.neck.0`, CHANNELS, WIDTH, 1)
  to.norm(`${name}.neck.1`, CHANNELS)
  to.conv(`${name}.neck.2`, CHANNELS, CHANNELS, 3)
  to.norm(`${name}.neck.3`, CHANNELS)
}

function addPromptEncoder(to: Layout): void {
  const name = 'prompt_encoder'
  to.add(`${name}.pe_layer.positional_encoding_gaussian_matrix`, [2, CHANNELS / 2], 1)
  for (const index of [0, 1, 2, 3]) to.add(`${name}.point_embeddings.${index}.weight`, [1, CHANNELS], 0.5)
  for (const embedding of ['not_a_point_embed', 'no_mask_embed'])
    to.add(`${name}.${embedding}.weight`, [1, CHANNELS], 0.5)
  to.conv(`${name}.mask_downscaling.0`, 4, 1, 2, true)
  to.norm(`${name}.mask_downscaling.1`, 4)
  to.conv(`${name}.mask_downscaling.3`, 16, 4, 2, true)
  to.norm(`${name}.mask_downscaling.4`, 16)
  to.conv(`${name}.mask_downscaling.6`, CHANNELS, 16, 1, true)
}

function addMaskDecoder(to: Layout): void {
  const transformer = 'mask_decoder.transformer'
  for (const layer of [0, 1].map((index) => `${transformer}.layers.${index}`)) {
    addAttention(to, `${layer}.self_attn`, CHANNELS)
    addAttention(to, `${layer}.cross_attn_token_to_image`, CHANNELS / 2)
    addAttention(to, `${layer}.cross_attn_image_to_token`, CHANNELS / 2)
    to.linear(`${layer}.mlp.lin1`, 2048, CHANNELS)
    to.linear(`${layer}.mlp.lin2`, CHANNELS, 2048)
    for (const norm of ['norm1', 'norm2', 'norm3', 'norm4']) to.norm(`${layer}.${norm}`, CHANNELS)
  }
  addAttention(to, `${transformer}.final_attn_token_to_image`, CHANNELS / 2)
  to.norm(`${transformer}.norm_final_attn`, CHANNELS)
  to.add('mask_decoder.iou_token.weight', [1, CHANNELS], 0.5)
  to.add('mask_decoder.mask_tokens.weight', [4, CHANNELS], 0.5)
  to.upsampling('mask_decoder.output_upscaling.0', CHANNELS, CHANNELS / 4)
  to.norm('mask_decoder.output_upscaling.1', CHANNELS / 4)
  to.upsampling('mask_decoder.output_upscaling.3', CHANNELS / 4, CHANNELS / 8)
  const masks = [0, 1, 2, 3].map((mask) => [`output_hypernetworks_mlps.${mask}`, CHANNELS / 8] as const)
  for (const [part, outputs] of [...masks, ['iou_prediction_head', 4] as const]) {
    to.linear(`mask_decoder.${part}.layers.0`, CHANNELS, CHANNELS)
    to.linear(`mask_decoder.${part}.layers.1`, CHANNELS, CHANNELS)
    to.linear(`mask_decoder.${part}.layers.2`, outputs, CHANNELS)
  }
}

function addAttention(to: Layout, name: string, inner: number): void {
  for (const part of ['q', 'k', 'v']) to.linear(`${name}.${part}_proj`, inner, CHANNELS)
  to.linear(`${name}.out_proj`, CHANNELS, inner)
}
