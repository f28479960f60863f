import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openFile } from '../../main/files'
import { readCheckpoint } from '../checkpoints'
import type { Checkpoint } from '../checkpoints/checkpoint'
import type { Detection, Overrides } from './architecture'
import { isBuilt } from './graph-stage'
import { detect } from './index'

const SHARED = resolve(import.meta.dirname, '../../../shared')

async function opened<T>(path: string, use: (checkpoint: Checkpoint) => Promise<T>): Promise<T> {
  const file = await openFile(join(SHARED, path))
  try {
    return await use(await readCheckpoint(file))
  } finally {
    await file.close()
  }
}

function detectCase(name: string, overrides: Overrides = {}): Promise<Detection | undefined> {
  return opened(`golden/${name}/checkpoint.pth`, (checkpoint) => detect(checkpoint, overrides))
}

const factsOf = (detection: Detection | undefined) =>
  Object.fromEntries(detection?.facts.map(({ key, value, source }) => [key, [value, source]]) ?? [])

describe.skipIf(!existsSync(SHARED))('DenseCLIP’s configuration (needs ../shared)', () => {
  it('is read from shapes and meta.config, with the published rules where both are silent', async () => {
    const detection = await detectCase('denseclip-vit-published')
    expect(detection).toMatchObject({
      system: 'denseclip',
      summary: 'DenseCLIP, CLIP ViT of 12 blocks, width 128, patch 16',
      classes: ['wall', 'sea', 'person', 'traffic light', 'grass'],
      tau: 0.07,
      preprocess: { shortSide: 640, maxLongSide: 2048, window: 640, stride: 426 }
    })
    expect(detection?.palette).toHaveLength(5)
    expect(detection?.gamma).toHaveLength(48)
    expect(factsOf(detection)).toMatchObject({
      layers: [12, 'shape'],
      heads: [2, 'published rule'],
      out_indices: [[3, 5, 7, 11], 'published rule'],
      text_heads: [2, 'meta.config'],
      decoder_heads: [4, 'meta.config'],
      score_concat_index: [2, 'shape'],
      classes: [5, 'shape'],
      name_context_length: [5, 'shape'],
      tau: [0.07, 'published rule']
    })
  })

  it('keeps the class name that ends in a space', async () => {
    const detection = await detectCase('denseclip-rn-published')
    expect(detection?.classes?.at(-1)).toBe('bed ')
  })

  it('follows the user where shapes leave a choice', async () => {
    const detection = await detectCase('rn-tiny', { text_heads: 2, decoder_heads: 8, tau: 0.1, window_size: 7 })
    expect(factsOf(detection)).toMatchObject({
      text_heads: [2, 'user'],
      decoder_heads: [8, 'user'],
      tau: [0.1, 'user']
    })
    const decoder = detection?.stages.filter(isBuilt).find(({ id }) => id === 'context_decoder')
    const attention = decoder?.build().outputs.find(({ name }) => name === 'decoder_self_attention')
    expect(attention?.shape).toEqual([3, 8, 'K', 'K'])
    expect(detection?.notes.map(({ message }) => message)).toContainEqual(expect.stringContaining('window_size'))
    await expect(detectCase('rn-tiny', { text_heads: 3 })).rejects.toThrow(/text_heads is 3, which does not divide/)
  })

  it('runs the decode head for as many classes as it was made for, and everything else for any number', async () => {
    const detection = await detectCase('rn-tiny')
    const counts = detection?.stages.map((stage) => [stage.id, stage.kind === 'graph' ? stage.classCount : undefined])
    expect(Object.fromEntries(counts ?? [])).toEqual({
      image_encoder: undefined,
      attention_pool: undefined,
      text_encoder: undefined,
      context_decoder: undefined,
      score_map: undefined,
      decode_head: 5,
      upsample: undefined
    })
  })

  it('tells detectors by their heads, and offers no logits for them', async () => {
    const detection = await detectCase('denseclip-detection')
    expect(detection).toMatchObject({
      system: 'denseclip-detection',
      preprocess: { shortSide: 800, padToMultipleOf: 32 }
    })
    expect(detection?.stages.map(({ id }) => id)).not.toContain('decode_head')
    expect(detection?.tensors.map(({ name }) => name)).toContain('score_map_joined')
    expect(detection?.reason).toContain('bbox_head')
  })

  it('lists what is missing and what is unexpected instead of failing', async () => {
    const detection = await opened('golden/rn-tiny/checkpoint.pth', (checkpoint) => {
      const stateDict = new Map(checkpoint.stateDict)
      const tensor = stateDict.get('backbone.layer2.0.bn2.running_var')
      stateDict.delete('backbone.layer2.0.bn2.running_var')
      stateDict.delete('neck.fpn_convs.2.conv.bias')
      if (tensor) stateDict.set('backbone.extra.weight', tensor)
      return detect({ ...checkpoint, stateDict })
    })
    expect(detection?.missing.toSorted()).toEqual(['backbone.layer2.0.bn2.running_var', 'neck.fpn_convs.2.conv.bias'])
    expect(detection?.unexpected).toEqual(['backbone.extra.weight'])
  })

  it('refuses a file put together from two models', async () => {
    const mixed = opened('golden/rn-tiny/checkpoint.pth', (checkpoint) =>
      opened('golden/denseclip-rn-odd/checkpoint.pth', (other) => {
        const stateDict = new Map(checkpoint.stateDict)
        for (const [name, tensor] of other.stateDict) if (name.startsWith('text_encoder.')) stateDict.set(name, tensor)
        return detect({ ...checkpoint, stateDict })
      })
    )
    await expect(mixed).rejects.toMatchObject({ code: 'mismatch', file: 'checkpoint.pth' })
  })

  it('opens the sample models as they were trained', async () => {
    const detection = await opened('sample-models/checkpoints/denseclip-mini-vit.pth', (checkpoint) =>
      detect(checkpoint)
    )
    expect(factsOf(detection)).toMatchObject({
      text_heads: [3, 'meta.config'],
      out_indices: [[1, 2, 3, 4], 'meta.config']
    })
    expect(detection?.preprocess).toMatchObject({ shortSide: undefined, maxLongSide: undefined, window: 256 })
    expect([detection?.missing, detection?.unexpected]).toEqual([[], []])
  })

  it('is not seen in a bare trunk', async () => {
    const trunk = await opened('golden/rn-tiny/checkpoint.pth', (checkpoint) => {
      const stateDict = [...checkpoint.stateDict].filter(([name]) => name.startsWith('neck.'))
      return detect({ ...checkpoint, stateDict: new Map(stateDict) })
    })
    expect(trunk).toBeUndefined()
  })
})
