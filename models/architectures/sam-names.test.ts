import { expect, it } from 'vitest'
import type { StoredTensor } from '../checkpoints/checkpoint'
import { fromSamModel } from './sam-names'

const absent = () => Promise.reject(new Error('not read'))
const stored = (name: string): StoredTensor => ({ name, dtype: 'float32', shape: [1], read: absent, readRows: absent })
const dict = (names: readonly string[]) => new Map(names.map((name) => [name, stored(name)]))

/** Hugging Face's name and the authors'. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['vision_encoder.pos_embed', 'image_encoder.pos_embed'],
  ['vision_encoder.patch_embed.projection.weight', 'image_encoder.patch_embed.proj.weight'],
  ['vision_encoder.layers.11.layer_norm2.bias', 'image_encoder.blocks.11.norm2.bias'],
  ['vision_encoder.layers.0.attn.rel_pos_h', 'image_encoder.blocks.0.attn.rel_pos_h'],
  ['vision_encoder.layers.0.mlp.lin1.weight', 'image_encoder.blocks.0.mlp.lin1.weight'],
  ['vision_encoder.neck.conv1.weight', 'image_encoder.neck.0.weight'],
  ['vision_encoder.neck.layer_norm2.weight', 'image_encoder.neck.3.weight'],
  ['shared_image_embedding.positional_embedding', 'prompt_encoder.pe_layer.positional_encoding_gaussian_matrix'],
  ['prompt_encoder.point_embed.3.weight', 'prompt_encoder.point_embeddings.3.weight'],
  ['prompt_encoder.not_a_point_embed.weight', 'prompt_encoder.not_a_point_embed.weight'],
  ['prompt_encoder.mask_embed.conv2.bias', 'prompt_encoder.mask_downscaling.3.bias'],
  ['prompt_encoder.mask_embed.layer_norm2.bias', 'prompt_encoder.mask_downscaling.4.bias'],
  [
    'mask_decoder.transformer.layers.0.self_attn.q_proj.weight',
    'mask_decoder.transformer.layers.0.self_attn.q_proj.weight'
  ],
  ['mask_decoder.transformer.layers.1.layer_norm4.weight', 'mask_decoder.transformer.layers.1.norm4.weight'],
  ['mask_decoder.transformer.layer_norm_final_attn.bias', 'mask_decoder.transformer.norm_final_attn.bias'],
  ['mask_decoder.upscale_conv2.weight', 'mask_decoder.output_upscaling.3.weight'],
  ['mask_decoder.upscale_layer_norm.weight', 'mask_decoder.output_upscaling.1.weight'],
  [
    'mask_decoder.output_hypernetworks_mlps.2.proj_in.weight',
    'mask_decoder.output_hypernetworks_mlps.2.layers.0.weight'
  ],
  ['mask_decoder.output_hypernetworks_mlps.2.layers.0.bias', 'mask_decoder.output_hypernetworks_mlps.2.layers.1.bias'],
  ['mask_decoder.iou_prediction_head.layers.0.bias', 'mask_decoder.iou_prediction_head.layers.1.bias'],
  ['mask_decoder.iou_prediction_head.proj_out.bias', 'mask_decoder.iou_prediction_head.layers.2.bias']
]

it('renames Hugging Face’s tensors', () => {
  const renamed = fromSamModel(dict(PAIRS.map(([theirs]) => theirs)))
  expect([...(renamed?.keys() ?? [])]).toEqual(PAIRS.map(([, authors]) => authors))
})

it('leaves the authors’ names alone', () => {
  expect(fromSamModel(dict(PAIRS.map(([, authors]) => authors)))).toBeUndefined()
})
