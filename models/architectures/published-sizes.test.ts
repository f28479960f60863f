import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { complete, factsOf, sourcesOf } from '../../bench/expect-complete'
import { archiveBuffers, CLIP_SIZES, clipOf, huggingFaceClip, type ClipName } from '../../bench/published-clip'
import type { Tensors } from '../../bench/published-clip'
import { SAM_SIZES, samOf, type SamName } from '../../bench/published-sam'
import { zeros } from '../../bench/random-tensor'
import { WrittenFiles } from '../../bench/written-files'
import type { Checkpoint } from '../checkpoints/checkpoint'
import type { Detection } from './architecture'
import { detect } from './index'
import { headChoice } from './vit-side'

/*
 * Every published size of CLIP and SAM, and of what stands on CLIP, from files of that layout. Nothing is written but
 * names and shapes: the values are holes in files of the full length, which no family looks at. Two of them run in
 * main/engine/published-run.test.ts.
 */

let files: WrittenFiles
beforeAll(async () => {
  files = await WrittenFiles.inNewFolder()
})
afterAll(() => files.remove())

const CLIP_MEAN = [122.7709383, 116.7460125, 104.09373615]
const CLIP_STD = [68.5005327, 66.6321579, 70.32316305]
const IMAGENET = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] }

/** Head counts of the published models, written out. */
const CLIP_HEADS: Readonly<Record<ClipName, readonly [picture: number, text: number]>> = {
  RN50: [32, 8],
  RN101: [32, 8],
  RN50x4: [40, 10],
  RN50x16: [48, 12],
  RN50x64: [64, 16],
  'ViT-B/32': [12, 8],
  'ViT-B/16': [12, 8],
  'ViT-L/14': [16, 12],
  'ViT-L/14@336px': [16, 12]
}
const CLIPS = Object.keys(CLIP_SIZES) as ClipName[]
const VITS = CLIPS.filter((name) => name.startsWith('ViT'))

function clipFacts(name: ClipName): Record<string, unknown> {
  const { joint, side, width, layers, patch, textWidth } = CLIP_SIZES[name]
  const [heads, textHeads] = CLIP_HEADS[name]
  return {
    layers,
    width,
    ...(patch !== undefined && { patch_size: patch }),
    output_dim: joint,
    backbone_input_resolution: side,
    heads,
    text_width: textWidth,
    text_layers: 12,
    text_heads: textHeads,
    context_length: 77,
    vocab_size: 49408
  }
}

describe('CLIP', () => {
  it.each(CLIPS)('%s, a TorchScript archive in half precision', async (name) => {
    const sizes = CLIP_SIZES[name]
    const tensors = new Map([...clipOf(sizes), ...archiveBuffers(sizes)])
    const checkpoint = await files.add(`${name}.pt`, tensors, { isScript: true })
    expect(checkpoint.format).toBe('torchscript')
    const detection = await complete(checkpoint)
    expect(detection.system).toBe('clip')
    expect(factsOf(detection)).toMatchObject(clipFacts(name))
    const { mean, std, shortSide, window } = detection.preprocess
    expect({ mean, std, shortSide, window }).toEqual({
      mean: CLIP_MEAN,
      std: CLIP_STD,
      shortSide: sizes.side,
      window: sizes.side
    })
  })

  it.each(VITS)('%s with Hugging Face’s names, .bin and .safetensors', async (name) => {
    const tensors = huggingFaceClip(CLIP_SIZES[name])
    for (const file of [`${name}.bin`, `${name}.safetensors`]) {
      const detection = await complete(await files.add(file, tensors))
      expect(detection.system).toBe('clip')
      expect(factsOf(detection)).toMatchObject(clipFacts(name))
    }
  })

  it.each(['RN50', 'RN101', 'ViT-B/32', 'ViT-B/16', 'ViT-L/14'] as const)(
    '%s as open_clip saves it, in float32',
    async (name) => {
      const tensors = clipOf(CLIP_SIZES[name], 'float32')
      const training = new Map(Array.from(tensors, ([key, tensor]) => [`module.${key}`, tensor]))
      const saved = await files.add(`open_clip-${name}.pt`, training, {
        container: 'state_dict',
        extras: { epoch: 32 }
      })
      expect(factsOf(await complete(saved))).toMatchObject(clipFacts(name))
      const plain = await files.add(`open_clip-${name}.safetensors`, tensors)
      expect(factsOf(await complete(plain))).toMatchObject(clipFacts(name))
    }
  )

  it('of open_clip alone have other heads and the exact activation', async () => {
    const sizes = { joint: 1024, side: 224, width: 1280, layers: 32, patch: 14, textWidth: 1024 }
    const detection = await complete(await files.add('open_clip-ViT-H-14.safetensors', clipOf(sizes)))
    expect(factsOf(detection)).toMatchObject({ heads: 16, text_heads: 16, activation: 'gelu' })
    for (const [width, heads] of [
      [1280, 16],
      [1408, 16],
      [1664, 16],
      [1024, 16],
      [768, 12]
    ] as const) {
      expect(headChoice(undefined, width).rule).toBe(heads)
    }
  })

  it('may have either activation, which is said, and settled by the user', async () => {
    const sizes = CLIP_SIZES['ViT-B/32']
    const notes = ({ notes: all }: Detection) => all.filter(({ message }) => message.includes('quick_gelu'))
    const plain = await files.add('laion-ViT-B-32.safetensors', clipOf(sizes, 'float32'))
    const assumed = await complete(plain)
    expect(factsOf(assumed)['activation']).toBe('quick_gelu')
    expect(notes(assumed)).toHaveLength(1)
    const settled = await complete(plain, { overrides: { activation: 'gelu' } })
    expect([factsOf(settled)['activation'], sourcesOf(settled)['activation']]).toEqual(['gelu', 'user'])
    expect(notes(settled)).toEqual([])
    // OpenAI's own
    expect(notes(await complete(await files.add('openai.pt', clipOf(sizes), { isScript: true })))).toEqual([])
  })

  it.each(CLIPS)('%s opened as MaskCLIP', async (name) => {
    const checkpoint = await files.add(`mask-${name}.pt`, clipOf(CLIP_SIZES[name]))
    const detection = await complete(checkpoint, { as: 'maskclip' })
    expect(detection.system).toBe('maskclip')
    expect(detection.preprocess).toMatchObject({
      ...IMAGENET,
      shortSide: 512,
      maxLongSide: 2048,
      padToMultipleOf: CLIP_SIZES[name].patch
    })
  })
})

describe('CoOp and CoCoOp', () => {
  it.each(CLIPS)('of %s: unified, class-specific, of the picture', async (name) => {
    const { textWidth, joint } = CLIP_SIZES[name]
    const companions = { clip: await files.add(`coop-${name}.pt`, clipOf(CLIP_SIZES[name])) }
    const saved = async (ctx: readonly number[], more: Tensors = new Map()): Promise<Checkpoint> => {
      const around = [ctx[0] ?? 1, 77 - (ctx.at(-2) ?? 0) - 1, textWidth]
      const tensors = new Map([
        ['token_prefix', zeros('float16', [100, 1, textWidth])],
        ['token_suffix', zeros('float16', around)],
        ['ctx', zeros('float16', ctx)],
        ...more
      ])
      return files.add('model.pth.tar-200', tensors, { container: 'state_dict', extras: { epoch: 200 } })
    }
    for (const count of [4, 16]) {
      const unified = await complete(await saved([count, textWidth]), { companions })
      expect(unified).toMatchObject({ system: 'coop', summary: expect.stringContaining(`${count} learned contexts;`) })
      expect(factsOf(unified)).toMatchObject({
        learned_contexts: count,
        name_context_length: 77 - count,
        text_width: textWidth
      })
      const specific = await complete(await saved([100, count, textWidth]), { companions })
      expect(factsOf(specific)).toMatchObject({ classes: 100, learned_contexts: count })
      expect(specific.stages.find(({ kind }) => kind === 'text')).toMatchObject({
        contexts: { shape: [100, count, textWidth] }
      })
    }
    const hidden = joint / 16
    const metaNet = new Map([
      ['meta_net.linear1.weight', zeros('float16', [hidden, joint])],
      ['meta_net.linear1.bias', zeros('float16', [hidden])],
      ['meta_net.linear2.weight', zeros('float16', [textWidth, hidden])],
      ['meta_net.linear2.bias', zeros('float16', [textWidth])]
    ])
    expect(await complete(await saved([4, textWidth], metaNet), { companions })).toMatchObject({ system: 'cocoop' })
  })

  it('of RN101 do not fit RN50x4, whose words are wider', async () => {
    const clip = await files.add('RN50x4-other.pt', clipOf(CLIP_SIZES.RN50x4))
    const contexts = await files.add('model.pth.tar-50', new Map([['ctx', zeros('float16', [16, 512])]]))
    await expect(detect(contexts, {}, { companions: { clip } })).rejects.toThrow(/vectors of 640 numbers.* 512/)
  })
})

describe('SAM', () => {
  const check = (detection: Detection, name: SamName): void => {
    const { width, layers, heads, globalBlocks } = SAM_SIZES[name]
    expect(detection).toMatchObject({ system: 'sam', summary: expect.stringContaining(`SAM ${name}`) })
    expect(factsOf(detection)).toMatchObject({
      layers,
      width,
      patch_size: 16,
      image_size: 1024,
      image_encoder_heads: heads,
      window_size: 14,
      global_attn_indexes: globalBlocks,
      output_dim: 256,
      decoder_heads: 8,
      masks: 4
    })
    expect(sourcesOf(detection)).toMatchObject({
      image_encoder_heads: 'shape',
      window_size: 'shape',
      global_attn_indexes: 'shape'
    })
    expect(detection.preprocess).toMatchObject({ ...IMAGENET, maxLongSide: 1024, padToMultipleOf: 1024 })
    expect(detection.prompts?.maskSide).toBe(256)
  }

  it.each(Object.keys(SAM_SIZES) as SamName[])('%s', async (name) => {
    check(await complete(await files.add(`sam_${name}.pth`, samOf(name))), name)
  })

  it.each(Object.keys(SAM_SIZES) as SamName[])('%s with Hugging Face’s names', async (name) => {
    const tensors = new Map(Array.from(samOf(name), ([key, tensor]) => [huggingFaceSamName(key), tensor]))
    const shared = tensors.get('shared_image_embedding.positional_embedding')
    if (shared) tensors.set('prompt_encoder.shared_embedding.positional_embedding', shared)
    check(await complete(await files.add(`sam-${name}.safetensors`, tensors)), name)
  })
})

/** modeling_sam.py's name of a tensor. */
function huggingFaceSamName(name: string): string {
  const parts: readonly (readonly [RegExp, string])[] = [
    [/^image_encoder\.blocks\./, 'vision_encoder.layers.'],
    [/^image_encoder\./, 'vision_encoder.'],
    [/(vision_encoder\.layers\.\d+)\.norm(\d)/, '$1.layer_norm$2'],
    [/patch_embed\.proj\./, 'patch_embed.projection.'],
    [/neck\.0\./, 'neck.conv1.'],
    [/neck\.1\./, 'neck.layer_norm1.'],
    [/neck\.2\./, 'neck.conv2.'],
    [/neck\.3\./, 'neck.layer_norm2.'],
    [/^prompt_encoder\.pe_layer\..*$/, 'shared_image_embedding.positional_embedding'],
    [/point_embeddings\./, 'point_embed.'],
    [/mask_downscaling\.0\./, 'mask_embed.conv1.'],
    [/mask_downscaling\.1\./, 'mask_embed.layer_norm1.'],
    [/mask_downscaling\.3\./, 'mask_embed.conv2.'],
    [/mask_downscaling\.4\./, 'mask_embed.layer_norm2.'],
    [/mask_downscaling\.6\./, 'mask_embed.conv3.'],
    [/(transformer\.layers\.\d+)\.norm(\d)/, '$1.layer_norm$2'],
    [/norm_final_attn/, 'layer_norm_final_attn'],
    [/output_upscaling\.0\./, 'upscale_conv1.'],
    [/output_upscaling\.1\./, 'upscale_layer_norm.'],
    [/output_upscaling\.3\./, 'upscale_conv2.'],
    [/(mlps\.\d|iou_prediction_head)\.layers\.0\./, '$1.proj_in.'],
    [/(mlps\.\d|iou_prediction_head)\.layers\.1\./, '$1.layers.0.'],
    [/(mlps\.\d|iou_prediction_head)\.layers\.2\./, '$1.proj_out.']
  ]
  return parts.reduce((renamed, [from, to]) => renamed.replace(from, to), name)
}
