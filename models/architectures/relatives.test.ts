import { describe, expect, it } from 'vitest'
import { memorySource } from '../checkpoints/memory-source'
import type { Checkpoint, StoredTensor } from '../checkpoints/checkpoint'
import { detect } from './index'

function checkpoint(...names: string[]): Checkpoint {
  const stored = (name: string): StoredTensor => {
    const none = () => Promise.reject(new Error(`${name} was read`))
    return { name, dtype: 'float32', shape: [4, 4, 3, 3], read: none, readRows: none }
  }
  return {
    format: 'pytorch',
    source: memorySource('model.pth', new Uint8Array()),
    stateDict: new Map(names.map((name) => [name, stored(name)])),
    container: [],
    others: new Map(),
    extras: new Map(),
    notes: []
  }
}

const TRUNK = ['conv1', 'layer1.0.conv1', 'layer4.0.conv1'].map((name) => `backbone.${name}.weight`)

describe('models that are near to a system', () => {
  it.each<[string, string[], string]>([
    ['MobileSAM', ['image_encoder.patch_embed.seq.0.c.weight', 'mask_decoder.mask_tokens.weight'], 'TinyViT'],
    ['SAM 2', ['image_encoder.trunk.patch_embed.proj.weight', 'sam_mask_decoder.iou_token.weight'], 'first SAM'],
    [
      'SigLIP',
      ['vision_model.embeddings.patch_embedding.weight', 'vision_model.head.probe', 'text_model.head.weight'],
      'another tokenizer'
    ],
    [
      'open_clip',
      ['visual.trunk.stem.0.weight', 'text.token_embedding.weight', 'logit_scale'],
      'picture encoder of timm'
    ],
    [
      'the picture side of CLIP alone',
      ['vision_model.embeddings.patch_embedding.weight', 'visual_projection.weight'],
      'whole CLIPModel'
    ],
    ['the text side of CLIP alone', ['text_model.embeddings.token_embedding.weight'], 'whole CLIPModel'],
    ['the picture side of CLIP alone', ['module.visual.conv1.weight', 'module.visual.proj'], 'whole CLIP'],
    ['MaskCLIP+', [...TRUNK, 'decode_head.aspp_modules.0.weight', 'decode_head.text_embeddings'], 'DeepLab']
  ])('are called by their name: %s', async (name, names, why) => {
    const refusal = detect(checkpoint(...names))
    await expect(refusal).rejects.toMatchObject({ code: 'unsupported', file: 'model.pth' })
    await expect(refusal).rejects.toThrow(new RegExp(`^model\\.pth: .*${name.replace('+', '\\+')}.*\\.$`))
    await expect(refusal).rejects.toThrow(why)
  })

  it('do not keep a trunk with another head from being looked at', async () => {
    expect(await detect(checkpoint(...TRUNK, 'decode_head.conv_seg.weight'))).toMatchObject({
      system: 'imagenet-resnet'
    })
  })
})
