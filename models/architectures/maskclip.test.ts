import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openFile, type OpenFile } from '../../main/files'
import { readCheckpoint } from '../checkpoints'
import type { Checkpoint, StateDict } from '../checkpoints/checkpoint'
import type { Detection } from './architecture'
import { isBuilt } from './graph-stage'
import { detect } from './index'

const SYSTEMS = resolve(import.meta.dirname, '../../../shared/golden-systems')

const files: OpenFile[] = []
async function read(path: string): Promise<Checkpoint> {
  const file = await openFile(join(SYSTEMS, path))
  files.push(file)
  return readCheckpoint(file)
}
afterEach(async () => {
  for (const file of files.splice(0)) await file.close()
})

/** Operators in order, and shapes of the weights. */
function shapeOf(detection: Detection | undefined): unknown {
  const graph = detection?.stages.find(isBuilt)?.build()
  return { ops: graph?.nodes.map(({ op }) => op), shapes: graph?.weights.map(({ shape }) => shape) }
}

const STEM: Readonly<Record<string, string>> = { conv1: '0', bn1: '1', conv2: '3', bn2: '4', conv3: '6', bn3: '7' }

/** A CLIP ResNet as MaskCLIP's converter writes it: the backbone, and the projections. */
function convertedResnet(clip: Checkpoint): { backbone: Checkpoint; weights: Checkpoint } {
  const backbone = new Map()
  const projections = new Map()
  for (const [name, stored] of clip.stateDict) {
    if (!name.startsWith('visual.')) continue
    const own = name.slice('visual.'.length)
    if (/^attnpool\.\w+_proj/.test(own)) projections.set(own.replace('attnpool.', ''), stored)
    else if (!own.startsWith('attnpool')) {
      const renamed = own
        .replace(/^(conv|bn)\d/, (part) => `stem.${STEM[part] ?? ''}`)
        .replace(/downsample\.(\d)/, (_, index) => `downsample.${Number(index) + 1}`)
      backbone.set(`backbone.${renamed}`, stored)
    }
  }
  const of = (name: string, stateDict: StateDict): Checkpoint => ({
    ...clip,
    source: { ...clip.source, name },
    stateDict
  })
  return { backbone: of('RN50_clip_backbone.pth', backbone), weights: of('RN50_clip_weights.pth', projections) }
}

describe.skipIf(!existsSync(SYSTEMS))('MaskCLIP (needs ../shared)', () => {
  it('is CLIP where nothing else is said, and nothing else can be opened as it', async () => {
    const checkpoint = await read('clip-rn/checkpoint.pt')
    expect(await detect(checkpoint)).toMatchObject({ system: 'clip', alternatives: ['clip', 'maskclip'] })
    expect(await detect(checkpoint, {}, { as: 'maskclip' })).toMatchObject({
      system: 'maskclip',
      alternatives: ['clip', 'maskclip'],
      missing: [],
      unexpected: []
    })
    expect(await detect(await read('imagenet-resnet/checkpoint.pth'), {}, { as: 'maskclip' })).toBeUndefined()
    await expect(detect(checkpoint, {}, { as: 'maskklip' })).rejects.toThrow(/no system “maskklip”/)
  })

  it('says which of its files are missing, and takes the file of weights alone', async () => {
    const backbone = await read('maskclip-files/ViT16_clip_backbone.pth')
    const clipWeights = await read('maskclip-files/ViT16_clip_weights.pth')
    const clipText = await read('maskclip-files/voc_ViT16_clip_text.pth')
    expect(await detect(backbone)).toMatchObject({ system: 'maskclip', needs: ['clipWeights', 'clipText'] })
    expect(await detect(backbone, {}, { companions: { clipWeights } })).toMatchObject({ needs: ['clipText'] })
    expect(await detect(clipWeights)).toMatchObject({ system: 'maskclip', needs: ['clipText'] })
    const both = await detect(backbone, {}, { companions: { clipWeights, clipText } })
    const alone = await detect(clipWeights, {}, { companions: { clipText } })
    expect(both).toMatchObject({ missing: [], unexpected: [] })
    expect(both?.needs).toBeUndefined()
    expect(shapeOf(alone)).toEqual(shapeOf(both))
  })

  it('builds the same of the converted ResNet as of CLIP itself', async () => {
    const clip = await read('clip-rn/checkpoint.pt')
    const { backbone, weights } = convertedResnet(clip)
    expect(await detect(backbone)).toMatchObject({ system: 'maskclip', needs: ['clipWeights', 'clipText'] })
    const companions = { clipWeights: weights, clipText: await read('clip-rn-maskclip/text_embeddings.pth') }
    const detection = await detect(backbone, {}, { companions })
    expect(detection).toMatchObject({ missing: [], unexpected: [] })
    expect(shapeOf(detection)).toEqual(shapeOf(await detect(clip, {}, { as: 'maskclip' })))
  })

  it('takes words that were encoded before in place of its encoder', async () => {
    const checkpoint = await read('clip-rn/checkpoint.pt')
    const clipText = await read('clip-rn-maskclip/text_embeddings.pth')
    const detection = await detect(checkpoint, {}, { as: 'maskclip', companions: { clipText } })
    expect(detection).toMatchObject({ unexpected: [] })
    expect(detection?.stages.map(({ id }) => id).slice(0, 3)).toEqual(['image_encoder', 'stored_words', 'score_map'])
    const other = await read('clip-vit-maskclip/text_embeddings.pth')
    await expect(detect(checkpoint, {}, { as: 'maskclip', companions: { clipText: other } })).rejects.toThrow(
      /text_embeddings\.pth: it should hold one matrix with a row of 64 numbers/
    )
  })
})
