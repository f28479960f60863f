import type { StateDict, StoredTensor } from '../checkpoints/checkpoint'

/** The Fourier frequencies of points: in Hugging Face's files once for the picture, once for the prompts, or either. */
const FREQUENCIES = 'prompt_encoder.pe_layer.positional_encoding_gaussian_matrix'

/** Hugging Face's SamModel → the authors' names, in this order. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^vision_encoder\.layers\./, 'image_encoder.blocks.'],
  [/^vision_encoder\./, 'image_encoder.'],
  [/\.patch_embed\.projection\./, '.patch_embed.proj.'],
  [/\.neck\.conv1\./, '.neck.0.'],
  [/\.neck\.layer_norm1\./, '.neck.1.'],
  [/\.neck\.conv2\./, '.neck.2.'],
  [/\.neck\.layer_norm2\./, '.neck.3.'],
  [/^(?:shared_image_embedding|prompt_encoder\.shared_embedding)\.positional_embedding$/, FREQUENCIES],
  [/\.point_embed\./, '.point_embeddings.'],
  [/\.mask_embed\.conv1\./, '.mask_downscaling.0.'],
  [/\.mask_embed\.layer_norm1\./, '.mask_downscaling.1.'],
  [/\.mask_embed\.conv2\./, '.mask_downscaling.3.'],
  [/\.mask_embed\.layer_norm2\./, '.mask_downscaling.4.'],
  [/\.mask_embed\.conv3\./, '.mask_downscaling.6.'],
  [/\.upscale_conv1\./, '.output_upscaling.0.'],
  [/\.upscale_layer_norm\./, '.output_upscaling.1.'],
  [/\.upscale_conv2\./, '.output_upscaling.3.'],
  [/(iou_prediction_head|output_hypernetworks_mlps\.\d+)\.layers\.0\./, '$1.layers.1.'],
  [/(iou_prediction_head|output_hypernetworks_mlps\.\d+)\.proj_in\./, '$1.layers.0.'],
  [/(iou_prediction_head|output_hypernetworks_mlps\.\d+)\.proj_out\./, '$1.layers.2.'],
  [/\.layer_norm(\d|_final_attn)\./, '.norm$1.']
]

/** A state dict of Hugging Face's SamModel under the authors' names; undefined where it has other names. */
export function fromSamModel(stateDict: StateDict): StateDict | undefined {
  if (!stateDict.has('vision_encoder.patch_embed.projection.weight')) return undefined
  return new Map(Array.from(stateDict, ([name, stored]): [string, StoredTensor] => [authorsName(name), stored]))
}

function authorsName(name: string): string {
  return NAMES.reduce((renamed, [from, to]) => renamed.replace(from, to), name)
}
