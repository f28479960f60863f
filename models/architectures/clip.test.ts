import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openFile } from '../../main/files'
import { readCheckpoint } from '../checkpoints'
import type { Detection, Overrides } from './architecture'
import { isBuilt } from './graph-stage'
import { detect } from './index'

const SHARED = resolve(import.meta.dirname, '../../../shared')

async function detected(path: string, overrides: Overrides = {}): Promise<Detection | undefined> {
  const file = await openFile(join(SHARED, path))
  try {
    return await detect(await readCheckpoint(file), overrides)
  } finally {
    await file.close()
  }
}

const factsOf = (detection: Detection | undefined) =>
  Object.fromEntries(detection?.facts.map(({ key, value, source }) => [key, [value, source]]) ?? [])

describe.skipIf(!existsSync(SHARED))('CLIP (needs ../shared)', () => {
  it('has the head counts of the published rule, at least one', async () => {
    const detection = await detected('golden/clip-tiny.pt')
    expect(detection).toMatchObject({ system: 'clip', summary: 'CLIP ResNet 1-1-1-1, width 16', unexpected: [] })
    expect(factsOf(detection)).toMatchObject({
      heads: [8, 'published rule'],
      text_heads: [1, 'published rule'],
      context_length: [77, 'shape'],
      activation: ['quick_gelu', 'published rule']
    })
  })

  it('takes head counts of a configuration that came along, and what the user says before that', async () => {
    const path = 'sample-models/checkpoints/clip-mini-vit.pt'
    expect(factsOf(await detected(path))).toMatchObject({ heads: [2, 'meta.config'], text_heads: [3, 'meta.config'] })
    expect(factsOf(await detected(path, { text_heads: 1 }))).toMatchObject({ text_heads: [1, 'user'] })
  })

  it('has another activation where the user says so', async () => {
    const operators = (detection: Detection | undefined) =>
      new Set(detection?.stages.filter(isBuilt).flatMap((stage) => stage.build().nodes.map(({ op }) => op)))
    const path = 'golden-systems/clip-vit/checkpoint.pt'
    expect(operators(await detected(path)).has('QuickGelu')).toBe(true)
    const exact = operators(await detected(path, { activation: 'gelu' }))
    expect([exact.has('QuickGelu'), exact.has('Gelu')]).toEqual([false, true])
  })

  it('says which names a file came with', async () => {
    const detection = await detected('golden-systems/clip-vit/checkpoint.safetensors')
    expect(detection?.notes).toContainEqual({
      code: 'renamed',
      message: expect.stringContaining('Hugging Face') as string
    })
    expect([detection?.missing, detection?.unexpected]).toEqual([[], []])
  })
})
