import type { Shape } from '#models/tensor'
import { Layout } from './layout'
import { random, type TensorToWrite } from './random-tensor'

/*
 * Files as large as those that CLIP's authors publish, with random weights, in half precision save for embeddings and
 * norms, as clip/model.py converts them (convert_weights); and the same under Hugging Face's names.
 */

const TOKENS = 77
const TEXT_LAYERS = 12

export type Tensors = ReadonlyMap<string, TensorToWrite>

/** Sizes of a CLIP as its authors publish it (clip/clip.py, _MODELS; the numbers are in the archives). */
export interface ClipSizes {
  /** C */
  readonly joint: number
  /** of the pictures it was trained on, in pixels */
  readonly side: number
  readonly width: number
  /** of a ResNet's stages, or of a ViT */
  readonly layers: readonly number[] | number
  /** undefined for a ResNet */
  readonly patch: number | undefined
  readonly textWidth: number
}

const resnet = (layers: readonly number[], width: number, joint: number, side: number, textWidth: number) =>
  ({ layers, width, joint, side, textWidth, patch: undefined }) satisfies ClipSizes
const vit = (layers: number, width: number, patch: number, joint: number, side: number, textWidth: number) =>
  ({ layers, width, patch, joint, side, textWidth }) satisfies ClipSizes

export const CLIP_SIZES = {
  RN50: resnet([3, 4, 6, 3], 64, 1024, 224, 512),
  RN101: resnet([3, 4, 23, 3], 64, 512, 224, 512),
  RN50x4: resnet([4, 6, 10, 6], 80, 640, 288, 640),
  RN50x16: resnet([6, 8, 18, 8], 96, 768, 384, 768),
  RN50x64: resnet([3, 15, 36, 10], 128, 1024, 448, 1024),
  'ViT-B/32': vit(12, 768, 32, 512, 224, 512),
  'ViT-B/16': vit(12, 768, 16, 512, 224, 512),
  'ViT-L/14': vit(24, 1024, 14, 768, 224, 768),
  'ViT-L/14@336px': vit(24, 1024, 14, 768, 336, 768)
} as const
export type ClipName = keyof typeof CLIP_SIZES

/** CLIP RN50, C = 1024: 255 MB. */
export const clipResNet50 = (): Tensors => clipOf(CLIP_SIZES.RN50)

/** CLIP ViT-B/16, C = 512: 350 MB. */
export const clipVitB16 = (): Tensors => clipOf(CLIP_SIZES['ViT-B/16'])

/** A CLIP of these sizes; what open_clip saves has the same names. */
export function clipOf(sizes: ClipSizes, matrices: 'float16' | 'float32' = 'float16'): Tensors {
  const { joint, side, width, layers, patch, textWidth } = sizes
  const to = new Layout(matrices)
  if (typeof layers === 'number') to.clipVisionTransformer('visual', { joint, side, width, layers, patch })
  else to.clipResNet('visual', { joint, side, width, blocks: layers })
  to.clipText('', { width: textWidth, joint, tokens: TOKENS })
  to.add('logit_scale', [], 0, Math.log(100))
  return to.tensors
}

/** What TorchScript archives of CLIP hold beside the weights. */
export function archiveBuffers({ side }: ClipSizes): Tensors {
  const number = (center: number) => random('int64', [], { seed: 0, spread: 0, center })
  return new Map([
    ['input_resolution', number(side)],
    ['context_length', number(TOKENS)],
    ['vocab_size', number(49408)]
  ])
}

/** A ViT as Hugging Face's CLIPModel, with the buffers of older versions. */
export function huggingFaceClip(sizes: ClipSizes): Tensors {
  const { joint, side, width, layers, patch = 1, textWidth } = sizes
  const to = new Layout()
  const half = (model: string, hidden: number, count: number): void => {
    for (let layer = 0; layer < count; layer++) {
      const block = `${model}.encoder.layers.${layer}`
      for (const projection of ['k', 'v', 'q', 'out'])
        to.linear(`${block}.self_attn.${projection}_proj`, hidden, hidden)
      to.norm(`${block}.layer_norm1`, hidden)
      to.linear(`${block}.mlp.fc1`, 4 * hidden, hidden)
      to.linear(`${block}.mlp.fc2`, hidden, 4 * hidden)
      to.norm(`${block}.layer_norm2`, hidden)
    }
  }
  const positions = (model: string, count: number): void => {
    to.tensors.set(`${model}.embeddings.position_ids`, random('int64', [1, count], { seed: 0, spread: 0 }))
  }
  const table = (name: string, shape: Shape): void => to.add(name, shape, 0.02)
  const cells = (side / patch) ** 2 + 1

  to.add('logit_scale', [], 0, Math.log(100))
  positions('text_model', TOKENS)
  table('text_model.embeddings.token_embedding.weight', [49408, textWidth])
  table('text_model.embeddings.position_embedding.weight', [TOKENS, textWidth])
  half('text_model', textWidth, TEXT_LAYERS)
  to.norm('text_model.final_layer_norm', textWidth)
  table('vision_model.embeddings.class_embedding', [width])
  positions('vision_model', cells)
  to.conv('vision_model.embeddings.patch_embedding', width, 3, patch)
  table('vision_model.embeddings.position_embedding.weight', [cells, width])
  to.norm('vision_model.pre_layrnorm', width)
  half('vision_model', width, typeof layers === 'number' ? layers : 0)
  to.norm('vision_model.post_layernorm', width)
  to.linear('visual_projection', joint, width, false)
  to.linear('text_projection', joint, textWidth, false)
  return to.tensors
}
