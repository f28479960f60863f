import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openFile } from '../../main/files'
import { readCheckpoint } from '../checkpoints'
import type { Checkpoint, StoredTensor } from '../checkpoints/checkpoint'
import { toFloat32 } from '../tensor'
import { isBuilt } from './graph-stage'
import { detect } from './index'

const FILE = resolve(import.meta.dirname, '../../../shared/golden/rn-tiny/checkpoint.pth')

/** Only the first `channels` inputs of a 1×1 convolution. */
function cut(stored: StoredTensor, channels: number): StoredTensor {
  const [outputs = 0, inputs = 0] = stored.shape
  const shape = [outputs, channels, 1, 1]
  const read = async () => {
    const { data } = toFloat32(await stored.read())
    const kept = Float32Array.from({ length: outputs * channels }, (_, i) => {
      const output = Math.floor(i / channels)
      return data[output * inputs + (i % channels)] ?? 0
    })
    return { dtype: 'float32' as const, shape, data: kept }
  }
  return { name: stored.name, dtype: 'float32', shape, read, readRows: read }
}

/** The tiny DenseCLIP without everything that has to do with words. */
function withoutLanguage(checkpoint: Checkpoint): Checkpoint {
  const language = /^(text_encoder|context_decoder)\.|^(contexts|gamma)$|attnpool/
  const stateDict = new Map([...checkpoint.stateDict].filter(([name]) => !language.test(name)))
  const lateral = stateDict.get('neck.lateral_convs.3.conv.weight')
  if (lateral) stateDict.set(lateral.name, cut(lateral, 512))
  return { ...checkpoint, stateDict }
}

describe.skipIf(!existsSync(FILE))('Semantic FPN without language (needs ../shared)', () => {
  it('is told by its neck, runs on the same blocks, and promises no score maps', async () => {
    const file = await openFile(FILE)
    try {
      const checkpoint = await readCheckpoint(file)
      const detection = await detect(withoutLanguage(checkpoint))
      expect(detection).toMatchObject({
        system: 'semantic-fpn',
        summary: 'Semantic FPN, CLIP ResNet 1-1-1-1, width 16',
        classes: ['road', 'sidewalk', 'building', 'sky', 'person'],
        missing: [],
        unexpected: []
      })
      expect(detection?.tensors.map(({ name }) => name)).not.toContain('score_map')
      const decodeHead = detection?.stages.find(({ id }) => id === 'decode_head')
      expect(decodeHead).toMatchObject({ inputs: ['x1', 'x2', 'x3', 'x4'], classCount: undefined })

      // its graph is DenseCLIP's own but for the score map
      const denseclip = await detect(checkpoint)
      const operations = (of: typeof detection) =>
        of?.stages
          .filter(isBuilt)
          .find(({ id }) => id === 'decode_head')
          ?.build()
          .nodes.map(({ op }) => op)
      expect(operations(denseclip)?.filter((op) => op !== 'Concat').length).toBe(
        operations(detection)?.filter((op) => op !== 'Concat').length
      )
    } finally {
      await file.close()
    }
  })
})
