import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ModelInfo, RunInfo, RunRequest } from '#models/api'
import { filledTemplate } from '#models/text/templates'
import { createEngine, type LocalEngine } from './engine'
import { promptTemplates } from './resources'

const SYSTEMS = resolve(import.meta.dirname, '../../../shared/golden-systems')
const CLIP = join(SYSTEMS, 'clip-rn', 'checkpoint.pt')
const COOP = join(SYSTEMS, 'clip-rn-coop-unified-end', 'model.pth.tar-50')

let folder: string
let engine: LocalEngine
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'companions-'))
  engine = createEngine({ cacheFolder: folder, threads: 1 })
  await engine.useProvider({ provider: 'cpu' })
})
afterEach(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

async function run(model: ModelInfo, choices: Partial<RunRequest> = {}): Promise<RunInfo> {
  const picture = await engine.openPicture({ path: join(SYSTEMS, 'clip-rn', 'input.npy') })
  const request = { picture: picture.id, classes: ['road', 'sky'], gammaScale: 1, want: ['score_map'] } as const
  return engine.run({ ...request, model: model.id, mode: { kind: 'whole' }, scaling: 'original', ...choices })
}

const ran = ({ stages }: RunInfo): string[] => stages.filter(({ reused }) => !reused).map(({ id }) => id)

describe.skipIf(!existsSync(SYSTEMS))('models of several files (need ../shared)', () => {
  it('open alone, say what they need, and are not run', async () => {
    const model = await engine.openModel({ path: COOP })
    expect(model).toMatchObject({ system: 'coop', needs: ['clip'] })
    await expect(run(model)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'model.pth.tar-50 cannot be run alone: give the CLIP that it was trained on too.'
    })
  })

  it('say how many names they take where each class has contexts of its own', async () => {
    const path = join(SYSTEMS, 'clip-rn-coop-specific-middle', 'model.pth.tar-50')
    const model = await engine.openModel({ path, companions: { clip: CLIP } })
    expect(model.classBound?.classes).toBe(model.facts.find(({ key }) => key === 'classes')?.value)
    expect(model.classBound?.tensors).toEqual(['text_embedding', 'score_map', 'logits_per_image'])
    expect((await engine.openModel({ path: COOP, companions: { clip: CLIP } })).classBound).toBeUndefined()
  })

  it('are another model with another file beside them, or another position of the name', async () => {
    const alone = await engine.openModel({ path: COOP })
    const companions = { clip: CLIP }
    const whole = await engine.openModel({ path: COOP, companions })
    const front = await engine.openModel({ path: COOP, companions, overrides: { class_position: 'front' } })
    expect(new Set([alone.id, whole.id, front.id]).size).toBe(3)
    expect(whole.needs).toBeUndefined()
    expect(ran(await run(whole))).toEqual(['text_encoder', 'image_encoder', 'score_map'])
  })

  it('name the companion that cannot be opened', async () => {
    const opening = engine.openModel({ path: COOP, companions: { clip: join(folder, 'ViT-B-16.pt') } })
    await expect(opening).rejects.toMatchObject({ code: 'unreadable', message: expect.stringContaining('ViT-B-16.pt') })
  })
})

describe.skipIf(!existsSync(SYSTEMS))('templates (need ../shared)', () => {
  it('run only the words again, and are the 85 of CLIP and MaskCLIP where none are given', async () => {
    const model = await engine.openModel({ path: CLIP, as: 'maskclip' })
    expect(ran(await run(model))).toEqual(['text_encoder', 'image_encoder', 'score_map'])
    expect(ran(await run(model, { templates: await promptTemplates() }))).toEqual([])
    expect(ran(await run(model, { templates: ['a {}.'] }))).toEqual(['text_encoder', 'score_map'])
    await expect(run(model, { templates: [] })).rejects.toThrow('at least one template')
  })

  it('are refused by models that take names as they are', async () => {
    const model = await engine.openModel({ path: CLIP })
    await expect(run(model, { templates: ['a {}.'] })).rejects.toMatchObject({ code: 'unavailable' })
  })
})

it('has 85 different templates, each with a place for the name', async () => {
  const templates = await promptTemplates()
  expect(new Set(templates.map((template) => filledTemplate(template, 'road'))).size).toBe(85)
})
