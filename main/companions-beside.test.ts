import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { companionsBeside } from './companions-beside'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beside-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('files of the same model in the same folder are found, by their whole paths', async () => {
  for (const name of ['RN50_clip_backbone.pth', 'RN50_clip_weights.pth', 'voc_RN50_clip_text.pth', 'other.pth']) {
    await writeFile(join(folder, name), '')
  }
  expect(await companionsBeside(join(folder, 'RN50_clip_backbone.pth'))).toEqual({
    clipWeights: [join(folder, 'RN50_clip_weights.pth')],
    clipText: [join(folder, 'voc_RN50_clip_text.pth')]
  })
  expect(await companionsBeside(join(folder, 'other.pth'))).toEqual({})
  expect(await companionsBeside(join(folder, 'gone', 'RN50_clip_backbone.pth'))).toEqual({})
})
