import { describe, expect, it, vi } from 'vitest'
import type { ModelInfo, OpenModelRequest } from '#models/api'
import { StudioError } from '#models/errors'
import { FAKE_CLASSES, FAKE_TENSORS, FakeClient, FakeEngine, fakeShell } from './fake-engine'
import { dropPaths, openPaths } from './open-paths'
import { compare, comparisonOf, giveCompanion, makeLead, openBeside } from './side-by-side'
import { start } from './start.svelte'
import { Studio } from './studio.svelte'

const TEXT = { name: 'text_embedding', kind: 'text-embedding', axes: [], unit: 'feature', meaning: 't' } as const
const SCORES = [TEXT, ...FAKE_TENSORS.filter(({ kind }) => kind !== 'logits')]

/** By the name of the file: DenseCLIP, CLIP (also as MaskCLIP), CoOp, MaskCLIP's own files. */
function opensAs({ path, as, companions }: OpenModelRequest): Partial<ModelInfo> {
  if (path.includes('clip.pth')) {
    return { system: as ?? 'clip', alternatives: ['clip', 'maskclip'], classes: [], palette: [], tensors: SCORES }
  }
  if (path.includes('coop')) {
    if (companions?.clip?.includes('wide')) throw new StudioError('mismatch', 'wide-clip.pth: other widths.')
    const needs = companions?.clip === undefined ? (['clip'] as const) : undefined
    return { system: 'coop', classes: [], palette: [], tensors: needs ? [] : SCORES, needs }
  }
  if (path.includes('_clip_backbone')) {
    const needs = (['clipWeights', 'clipText'] as const).filter((name) => companions?.[name] === undefined)
    const bound = { classBound: { classes: 2, tensors: ['text_embedding', 'score_map'] }, tensors: SCORES }
    return {
      system: 'maskclip',
      classes: [],
      palette: [],
      nameTokens: undefined,
      ...(needs.length > 0 ? { needs, tensors: [] } : bound)
    }
  }
  return { tensors: [TEXT, ...FAKE_TENSORS] }
}

async function started(shellChange: Partial<ReturnType<typeof fakeShell>> = {}) {
  const engine = new FakeEngine()
  engine.opensAs = opensAs
  const shell = { ...fakeShell(), ...shellChange }
  const studio = new Studio(new FakeClient(engine), shell)
  await start(studio)
  await vi.waitFor(() => expect(studio.lead?.presence).toBeDefined())
  return { engine, studio }
}

const names = (studio: Studio): string[] => studio.models.map(({ fileName }) => fileName)
const ranOf = (engine: FakeEngine) => engine.runs().at(-1)
const runOf = (studio: Studio, index: number) => vi.waitFor(() => expect(studio.models[index]?.run).toBeDefined())

describe('checkpoints', () => {
  it('are opened beside up to four, and then it is said that more do not fit', async () => {
    const { studio } = await started()
    for (const path of ['/b.pth', '/c.pth', '/d.pth', '/e.pth']) await openBeside(studio, { path })
    expect(names(studio)).toEqual(['mini-vit.pth', 'b.pth', 'c.pth', 'd.pth'])
    expect(studio.notices.list.map(({ text }) => text)).toEqual([studio.words.opening.full])
    makeLead(studio, 2)
    expect(names(studio)).toEqual(['c.pth', 'mini-vit.pth', 'b.pth', 'd.pth'])
    studio.undo()
    expect(names(studio)).toEqual(['mini-vit.pth', 'b.pth', 'c.pth', 'd.pth'])
  })

  it('are all opened, however fast one follows the other, and a broken one among them is told', async () => {
    const { studio } = await started()
    await Promise.all(['/b.pth', '/broken.pth', '/c.pth'].map((path) => openBeside(studio, { path })))
    expect(names(studio)).toEqual(['mini-vit.pth', 'b.pth', 'c.pth'])
    expect(studio.opener.failedModel?.fileName).toBe('broken.pth')
    await studio.opener.openModel({ path: '/d.pth' }, 2)
    expect(names(studio)).toEqual(['mini-vit.pth', 'b.pth', 'd.pth'])
    expect(studio.opener.failedModel).toBeUndefined()
  })

  it('take the place of model A where one is dropped, and go beside where several are', async () => {
    const { studio } = await started()
    await dropPaths(studio, ['/b.pth'], 'instead')
    expect(names(studio)).toEqual(['b.pth'])
    await dropPaths(studio, ['/c.pth'], 'beside')
    await dropPaths(studio, ['/d.pth', '/e.pth'], 'instead')
    expect(names(studio)).toEqual(['b.pth', 'c.pth', 'd.pth', 'e.pth'])
    // given by the system, the first is the one to see
    studio.begin({ ...studio.choices, models: studio.choices.models.slice(0, 1) })
    await openPaths(studio, ['/f.pth', '/g.pth'])
    expect(names(studio)).toEqual(['f.pth', 'g.pth'])
  })
})

describe('a model without a list of its own', () => {
  it('has the list of the one beside it and follows its edits', async () => {
    const { engine, studio } = await started()
    await openBeside(studio, { path: '/clip.pth' })
    await runOf(studio, 1)
    expect(studio.models[1]?.classes).toEqual(FAKE_CLASSES)
    expect(studio.models[1]?.palette).toEqual(studio.lead?.palette)
    studio.editClasses({ kind: 'add', name: 'bus' })
    await vi.waitFor(() => expect(studio.models[1]?.run?.classes).toContain('bus'))
    expect(ranOf(engine)?.classes).toContain('bus')
    expect(studio.choices.models[1]?.classes).toBeUndefined()
  })

  it('keeps that list when the other one is closed or replaced', async () => {
    const { studio } = await started()
    await studio.opener.openModel({ path: '/clip.pth' })
    expect(studio.choices.models[0]?.classes).toEqual(FAKE_CLASSES)
    await openBeside(studio, { path: '/other-clip.pth' })
    studio.opener.closeModel(0)
    expect(names(studio)).toEqual(['other-clip.pth'])
    expect(studio.lead?.classes).toEqual(FAKE_CLASSES)
    studio.undo()
    expect(studio.choices.models[1]?.classes).toBeUndefined()
  })

  it('is not run without any word, and says so', async () => {
    const { engine, studio } = await started()
    studio.begin({ ...studio.choices, models: [{ path: '/clip.pth', classes: undefined }] })
    await vi.waitFor(() => expect(studio.lead?.info?.system).toBe('clip'))
    const before = engine.runs().length
    expect(studio.lead?.lacks).toBe('classes')
    studio.listClasses(0, ['road'])
    await vi.waitFor(() => expect(engine.runs().length).toBeGreaterThan(before))
    await vi.waitFor(() => expect(studio.lead?.old).toBe(false))
    expect(engine.runs().every(({ classes }) => classes.length > 0)).toBe(true)
    studio.listClasses(0, [])
    expect(studio.lead?.run).toBeUndefined()
    studio.listClasses(0, ['road'])
    await runOf(studio, 0)
  })

  it('has its list from behind where model A knows no words', async () => {
    const { studio } = await started()
    await studio.opener.openModel({ path: '/coop.pth' })
    expect(studio.classModel).toBe(studio.lead)
    await openBeside(studio, { path: '/b.pth' })
    expect(studio.classModel?.letter).toBe('B')
    expect(studio.chosenName).toBe('car')
  })
})

describe('a model that needs another file', () => {
  it('says so, does not run, and is given it', async () => {
    const { engine, studio } = await started()
    await openBeside(studio, { path: '/coop.pth' })
    expect(studio.models[1]?.lacks).toBe('files')
    await giveCompanion(studio, 1, 'clip', '/wide-clip.pth')
    expect(studio.models[1]?.changeError?.message).toBe('wide-clip.pth: other widths.')
    expect(studio.opener.failedModel).toBeUndefined()
    expect(studio.choices.models[1]?.companions).toBeUndefined()
    await giveCompanion(studio, 1, 'clip', '/clip.pth')
    await runOf(studio, 1)
    expect(studio.models[1]?.changeError).toBeUndefined()
    expect(engine.calls.filter(({ method }) => method === 'openModel').at(-1)?.request).toMatchObject({
      path: '/coop.pth',
      companions: { clip: '/clip.pth' }
    })
  })

  it('takes a file like that which is dropped, while others are opened', async () => {
    const { studio } = await started()
    await openBeside(studio, { path: '/coop.pth' })
    await dropPaths(studio, ['/b.pth'], 'instead')
    expect(names(studio)).toEqual(['b.pth', 'coop.pth'])
    await dropPaths(studio, ['/clip.pth'], 'instead')
    expect(names(studio)).toEqual(['b.pth', 'coop.pth'])
    expect(studio.choices.models[1]?.companions).toEqual({ clip: '/clip.pth' })
    // where it is told to go beside, it does
    await openBeside(studio, { path: '/coop-2.pth' })
    await dropPaths(studio, ['/clip.pth'], 'beside')
    expect(names(studio)).toEqual(['b.pth', 'coop.pth', 'coop-2.pth', 'clip.pth'])
  })

  it('takes the ones beside it, where there is one of each; else they are offered', async () => {
    const beside = { clipWeights: ['/w_clip_weights.pth'], clipText: ['/a_clip_text.pth', '/b_clip_text.pth'] }
    const { engine, studio } = await started({ companionsBeside: async () => beside })
    await studio.opener.openModel({ path: '/w_clip_backbone.pth' })
    expect(studio.choices.models[0]?.companions).toEqual({ clipWeights: '/w_clip_weights.pth' })
    expect(studio.lead?.info?.needs).toEqual(['clipText'])
    // what was opened on the way is closed
    await vi.waitFor(() =>
      expect(engine.calls.filter(({ method }) => method === 'closeModel').length).toBeGreaterThan(0)
    )
    await dropPaths(studio, ['/b_clip_text.pth'], 'instead')
    expect(studio.choices.models[0]?.companions?.clipText).toBe('/b_clip_text.pth')
    await runOf(studio, 0)
    expect(studio.lead?.classes).toEqual(['class 1', 'class 2'])
  })

  it('is dropped together with them', async () => {
    const { studio } = await started()
    await dropPaths(studio, ['/x_clip_text.pth', '/x_clip_backbone.pth', '/x_clip_weights.pth'], 'instead')
    expect(studio.choices.models).toMatchObject([
      {
        path: '/x_clip_backbone.pth',
        companions: { clipText: '/x_clip_text.pth', clipWeights: '/x_clip_weights.pth' }
      }
    ])
  })
})

describe('the same file in two ways', () => {
  it('stands beside itself with both score maps in sight, until that is switched off', async () => {
    const { studio } = await started()
    await studio.opener.openModel({ path: '/clip.pth' })
    studio.chooseHeatmaps({ overlay: 'feature' })
    const { lead } = studio
    if (!lead) throw new Error('no model')
    await compare(studio, lead, 'maskclip', true)
    expect(studio.models.map(({ info }) => info?.system)).toEqual(['clip', 'maskclip'])
    expect(studio.heatmaps.overlay).toBe('score_map')
    expect(studio.models[1]?.classes).toEqual(FAKE_CLASSES)
    expect(comparisonOf(studio, lead, 'maskclip')).toBe(1)
    await compare(studio, lead, 'maskclip', false)
    expect(studio.models.map(({ info }) => info?.system)).toEqual(['clip'])
  })
})
