import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openFile, type OpenFile } from '../../main/files'
import { readCheckpoint } from '../checkpoints'
import type { Checkpoint } from '../checkpoints/checkpoint'
import type { TextStage } from './architecture'
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

describe.skipIf(!existsSync(SYSTEMS))('CoOp and CoCoOp (need ../shared)', () => {
  it('are known alone, and say which file they need', async () => {
    const coop = await detect(await read('coop-real/model.pth.tar-50'))
    expect(coop).toMatchObject({ system: 'coop', needs: ['clip'], stages: [], missing: [], unexpected: [] })
    expect(coop?.summary).toContain('6 learned contexts; the CLIP it was trained on is not given')
    const cocoop = await detect(await read('cocoop-real/model.pth.tar-50'))
    expect(cocoop).toMatchObject({ system: 'cocoop', needs: ['clip'], unexpected: [] })
  })

  it('put the name where the settings say, and it alone', async () => {
    const checkpoint = await read('clip-rn-coop-specific-middle/model.pth.tar-50')
    const companions = { clip: await read('clip-rn/checkpoint.pt') }
    const published = await detect(checkpoint, {}, { companions })
    expect(published?.needs).toBeUndefined()
    expect(published?.facts).toContainEqual(
      expect.objectContaining({ key: 'class_position', value: 'end', source: 'published rule' })
    )
    const chosen = await detect(checkpoint, { class_position: 'front' }, { companions })
    expect(chosen?.stages.find((stage): stage is TextStage => stage.kind === 'text')).toMatchObject({
      namePosition: 'front',
      contexts: { shape: [5, 4, 64] },
      contextLength: 73
    })
    await expect(detect(checkpoint, { class_position: 'behind' }, { companions })).rejects.toThrow(/end or middle/)
  })

  it('make contexts of the picture before the words, where there is a network for it', async () => {
    const companions = { clip: await read('clip-vit/checkpoint.pt') }
    const detection = await detect(await read('cocoop-real/model.pth.tar-50'), {}, { companions })
    const ids = detection?.stages.map(({ id }) => id) ?? []
    expect(ids.indexOf('meta_net')).toBeLessThan(ids.indexOf('text_encoder'))
    expect(detection?.stages.find(({ id }) => id === 'text_encoder')).toMatchObject({
      contextsFrom: { tensor: 'instance_contexts', count: 4 }
    })
  })

  it('refuse a file that is no CLIP, and a CLIP of another width', async () => {
    const checkpoint = await read('coop-real/model.pth.tar-50')
    const other = { clip: await read('imagenet-resnet/checkpoint.pth') }
    await expect(detect(checkpoint, {}, { companions: other })).rejects.toThrow(
      /checkpoint\.pth: it is no CLIP checkpoint; give the CLIP that model\.pth\.tar-50 was trained on/
    )
    const contexts = checkpoint.stateDict.get('ctx')
    const wider = { ...checkpoint, stateDict: new Map(contexts && [['ctx', { ...contexts, shape: [6, 512] }]]) }
    const companions = { clip: await read('clip-rn/checkpoint.pt') }
    await expect(detect(wider, {}, { companions })).rejects.toThrow(/vectors of 64 numbers, but the contexts .* 512/)
  })
})
