import { describe, expect, it } from 'vitest'
import type { StoredTensor } from '../checkpoints/checkpoint'
import { memorySource } from '../checkpoints/memory-source'
import type { Shape } from '../tensor'
import type { Overrides } from './architecture'
import { detect } from './index'

/* Files of the published layouts, as far as their headers go. */

interface Layout {
  readonly width: number
  readonly layers: number
  readonly heads: number
  readonly globalBlocks: readonly number[]
}

const VIT_B: Layout = { width: 768, layers: 12, heads: 12, globalBlocks: [2, 5, 8, 11] }
const CHANNELS = 256

function shapesOf({ width, layers, heads, globalBlocks }: Layout): Map<string, Shape> {
  const shapes = new Map<string, Shape>()
  const add = (name: string, ...shape: number[]) => shapes.set(name, shape)
  const norm = (name: string, size: number) => [add(`${name}.weight`, size), add(`${name}.bias`, size)]
  const linear = (name: string, from: number, to: number) => [add(`${name}.weight`, to, from), add(`${name}.bias`, to)]
  const attention = (name: string, inner: number) => {
    for (const part of ['q', 'k', 'v']) linear(`${name}.${part}_proj`, CHANNELS, inner)
    linear(`${name}.out_proj`, inner, CHANNELS)
  }

  add('image_encoder.pos_embed', 1, 64, 64, width)
  add('image_encoder.patch_embed.proj.weight', width, 3, 16, 16)
  add('image_encoder.patch_embed.proj.bias', width)
  for (let index = 0; index < layers; index++) {
    const block = `image_encoder.blocks.${index}`
    const distances = globalBlocks.includes(index) ? 127 : 27
    for (const axis of ['h', 'w']) add(`${block}.attn.rel_pos_${axis}`, distances, width / heads)
    for (const name of ['norm1', 'norm2']) norm(`${block}.${name}`, width)
    linear(`${block}.attn.qkv`, width, 3 * width)
    linear(`${block}.attn.proj`, width, width)
    linear(`${block}.mlp.lin1`, width, 4 * width)
    linear(`${block}.mlp.lin2`, 4 * width, width)
  }
  add('image_encoder.neck.0.weight', CHANNELS, width, 1, 1)
  norm('image_encoder.neck.1', CHANNELS)
  add('image_encoder.neck.2.weight', CHANNELS, CHANNELS, 3, 3)
  norm('image_encoder.neck.3', CHANNELS)

  add('prompt_encoder.pe_layer.positional_encoding_gaussian_matrix', 2, CHANNELS / 2)
  for (const index of [0, 1, 2, 3]) add(`prompt_encoder.point_embeddings.${index}.weight`, 1, CHANNELS)
  add('prompt_encoder.not_a_point_embed.weight', 1, CHANNELS)
  add('prompt_encoder.no_mask_embed.weight', 1, CHANNELS)
  const masks: [number, Shape][] = [
    [0, [4, 1, 2, 2]],
    [3, [16, 4, 2, 2]],
    [6, [CHANNELS, 16, 1, 1]]
  ]
  for (const [index, shape] of masks) {
    add(`prompt_encoder.mask_downscaling.${index}.weight`, ...shape)
    add(`prompt_encoder.mask_downscaling.${index}.bias`, shape[0] ?? 0)
  }
  norm('prompt_encoder.mask_downscaling.1', 4)
  norm('prompt_encoder.mask_downscaling.4', 16)

  const transformer = 'mask_decoder.transformer'
  for (const layer of [`${transformer}.layers.0`, `${transformer}.layers.1`]) {
    attention(`${layer}.self_attn`, CHANNELS)
    attention(`${layer}.cross_attn_token_to_image`, CHANNELS / 2)
    attention(`${layer}.cross_attn_image_to_token`, CHANNELS / 2)
    linear(`${layer}.mlp.lin1`, CHANNELS, 2048)
    linear(`${layer}.mlp.lin2`, 2048, CHANNELS)
    for (const name of ['norm1', 'norm2', 'norm3', 'norm4']) norm(`${layer}.${name}`, CHANNELS)
  }
  attention(`${transformer}.final_attn_token_to_image`, CHANNELS / 2)
  norm(`${transformer}.norm_final_attn`, CHANNELS)
  add('mask_decoder.iou_token.weight', 1, CHANNELS)
  add('mask_decoder.mask_tokens.weight', 4, CHANNELS)
  const upscaling = 'mask_decoder.output_upscaling'
  add(`${upscaling}.0.weight`, CHANNELS, CHANNELS / 4, 2, 2)
  add(`${upscaling}.0.bias`, CHANNELS / 4)
  norm(`${upscaling}.1`, CHANNELS / 4)
  add(`${upscaling}.3.weight`, CHANNELS / 4, CHANNELS / 8, 2, 2)
  add(`${upscaling}.3.bias`, CHANNELS / 8)
  const perceptrons: [string, number][] = [0, 1, 2, 3].map((mask) => [
    `output_hypernetworks_mlps.${mask}`,
    CHANNELS / 8
  ])
  for (const [name, to] of [...perceptrons, ['iou_prediction_head', 4] as const]) {
    linear(`mask_decoder.${name}.layers.0`, CHANNELS, CHANNELS)
    linear(`mask_decoder.${name}.layers.1`, CHANNELS, CHANNELS)
    linear(`mask_decoder.${name}.layers.2`, CHANNELS, to)
  }
  return shapes
}

function detectShapes(shapes: ReadonlyMap<string, Shape>, overrides: Overrides = {}) {
  const absent = () => Promise.reject(new Error('weights are not to be read'))
  const stateDict = new Map(
    Array.from(shapes, ([name, shape]): [string, StoredTensor] => [
      name,
      { name, dtype: 'float32', shape, read: absent, readRows: absent }
    ])
  )
  const source = memorySource('sam.pth', new Uint8Array(0))
  const rest = { format: 'pytorch', container: [], others: new Map(), extras: new Map(), notes: [] }
  return detect({ source, stateDict, ...rest }, overrides)
}

describe('SAM', () => {
  it.each<[string, Layout]>([
    ['ViT-B', VIT_B],
    ['ViT-L', { width: 1024, layers: 24, heads: 16, globalBlocks: [5, 11, 17, 23] }],
    ['ViT-H', { width: 1280, layers: 32, heads: 16, globalBlocks: [7, 15, 23, 31] }]
  ])('is recognised as published: %s', async (size, layout) => {
    const detection = await detectShapes(shapesOf(layout))
    expect(detection).toMatchObject({ system: 'sam', missing: [], unexpected: [], prompts: { maskSide: 256 } })
    expect(detection?.summary).toContain(`SAM ${size} of ${layout.layers} blocks`)
    const { preprocess } = detection ?? {}
    expect(preprocess).toMatchObject({ maxLongSide: 1024, resize: 'pillow', padToMultipleOf: 1024 })
    expect(preprocess?.shortSide).toBeUndefined()
    expect(detection?.facts.map(({ key, value, source }) => ({ key, value, source }))).toEqual(
      expect.arrayContaining([
        { key: 'image_size', value: 1024, source: 'shape' },
        { key: 'image_encoder_heads', value: layout.heads, source: 'shape' },
        { key: 'window_size', value: 14, source: 'shape' },
        { key: 'global_attn_indexes', value: layout.globalBlocks, source: 'shape' },
        { key: 'decoder_heads', value: 8, source: 'published rule' }
      ])
    )
    const given = detection?.tensors.map(({ name }) => name)
    expect(given).toEqual([...layout.globalBlocks.map((index) => `block_${index + 1}`), 'image_embedding'])
  })

  it('takes the last block of each quarter for global where all tables are of one length', async () => {
    const shapes = shapesOf({ ...VIT_B, globalBlocks: [] })
    const detection = await detectShapes(shapes)
    expect(detection?.facts).toContainEqual(
      expect.objectContaining({ key: 'global_attn_indexes', value: [2, 5, 8, 11], source: 'published rule' })
    )
  })

  it('lets the user say what shapes tell, but not against them', async () => {
    const shapes = shapesOf(VIT_B)
    const detection = await detectShapes(shapes, { window_size: 7, global_attn_indexes: [11], decoder_heads: 4 })
    expect(detection?.facts.filter(({ source }) => source === 'user').map(({ key, value }) => [key, value])).toEqual([
      ['window_size', 7],
      ['global_attn_indexes', [11]],
      ['decoder_heads', 4]
    ])
    await expect(detectShapes(shapes, { image_encoder_heads: 6 })).rejects.toThrow(/sam\.pth: .*width 64.* 12 heads/)
    await expect(detectShapes(shapes, { window_size: 2.5 })).rejects.toThrow(/window_size has to be a whole number/)
    await expect(detectShapes(shapes, { global_attn_indexes: [12] })).rejects.toThrow(/from 0 to 11/)
  })

  it('says what a file lacks', async () => {
    const shapes = shapesOf(VIT_B)
    shapes.delete('image_encoder.blocks.3.attn.rel_pos_w')
    shapes.delete('mask_decoder.iou_token.weight')
    const detection = await detectShapes(shapes)
    expect(detection?.missing).toEqual(['image_encoder.blocks.3.attn.rel_pos_w', 'mask_decoder.iou_token.weight'])
  })
})
