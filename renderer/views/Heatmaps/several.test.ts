import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte'
import { tick } from 'svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ModelInfo, RunInfo, TensorRef } from '#models/api'
import type { ExportFile } from '#models/shell'
import { float32Tensor } from '#models/tensor'
import { FakeClient, FakeEngine, fakeModel, fakeShell } from '../../state/fake-engine'
import { start } from '../../state/start.svelte'
import { Studio } from '../../state/studio.svelte'
import HeatmapsInStudio from './HeatmapsInStudio.test.svelte'

// Three models on one picture: A as it comes; B, whose classes are others and spelled otherwise; C without words.

const GRID = 4
const B_CLASSES = ['Sky', 'bus', 'CAR']
/** the largest cosine of each */
const HIGHEST: Readonly<Record<string, number>> = { a: 0.4, b: 0.75 }

class ThreeModels extends FakeEngine {
  override async openModel(request: { path: string }): Promise<ModelInfo> {
    const info = await super.openModel(request)
    if (request.path.includes('b.pth')) return { ...info, classes: B_CLASSES, palette: info.palette.slice(0, 3) }
    if (!request.path.includes('c.pth')) return info
    const tensors = info.tensors.filter(({ name }) => name === 'x4' || name === 'visual_embedding')
    return { ...fakeModel(request.path, 99), system: 'imagenet-resnet', tensors, classes: [], nameTokens: undefined }
  }
  override async run(...request: Parameters<FakeEngine['run']>): Promise<RunInfo> {
    // the decoder of the fake is made for five classes
    return super.run({ ...request[0], want: request[0].want.filter((name) => name === 'score_map') }, request[1])
  }
  override async tensor(request: TensorRef): ReturnType<FakeEngine['tensor']> {
    const { classes } = JSON.parse(request.run) as { classes: string[] }
    const highest = HIGHEST[classes.length === B_CLASSES.length ? 'b' : 'a'] ?? 0
    const values = classes.flatMap((_, k) => Array<number>(GRID * GRID).fill((highest * k) / (classes.length - 1)))
    return float32Tensor([1, classes.length, GRID, GRID], Float32Array.from(values))
  }
}

let engine: ThreeModels
let studio: Studio
let saved: { suggestedName: string; files: readonly ExportFile[] }[]

const pane = (letter: string): HTMLElement => screen.getByRole('group', { name: new RegExp(`^${letter} · `) })
const barOf = (letter: string): string | null =>
  within(pane(letter)).getByRole('img', { name: /–/ }).getAttribute('aria-label')

beforeEach(async () => {
  engine = new ThreeModels()
  saved = []
  const shell = {
    ...fakeShell(),
    saveExport: async (request: (typeof saved)[number]) => {
      saved.push(request)
      return '/tmp/figure'
    }
  }
  studio = new Studio(new FakeClient(engine), shell)
  await start(studio)
  await studio.opener.openModel({ path: '/models/b.pth' }, 1)
  await studio.opener.openModel({ path: '/models/c.pth' }, 2)
  render(HeatmapsInStudio, { studio })
  await vi.waitFor(() => expect(pane('B').textContent).toContain('CAR · score_map'))
})
afterEach(cleanup)

describe('panes of several models', () => {
  it('show the class in every model that has it, as each spells it, and say who has none', async () => {
    expect(pane('A').textContent).toContain('car · score_map')
    expect(pane('B').textContent).toContain('b.pth')
    expect(pane('B').textContent).toContain('DenseCLIP')
    studio.chooseClass('road')
    await tick()
    expect(pane('B').textContent).toContain('B has no class “road”.')
    expect(pane('C').textContent).toContain('C has no score_map. Nothing in it shares a space with words.')
  })

  it('offer features where there are no words, to that pane alone', async () => {
    within(pane('C')).getByRole('button', { name: 'Look at its features' }).click()
    await vi.waitFor(() => expect(pane('C').textContent).toContain('visual_embedding · PCA as RGB'))
    expect(pane('A').textContent).toContain('car · score_map')
  })

  it('have one scale over all models, and say whose; or each its own', async () => {
    await vi.waitFor(() => expect(barOf('A')).toBe('score_map (cosine): 0.000 – +0.750'))
    expect(barOf('B')).toBe(barOf('A'))
    expect(pane('A').textContent).toContain('scale shared by A, B')
    studio.chooseHeatmaps({ scale: 'own' })
    await tick()
    expect(barOf('A')).toBe('score_map (cosine): +0.400 – +0.400')
    expect(barOf('B')).toBe('score_map (cosine): +0.750 – +0.750')
  })

  it('leave the scale with their model', async () => {
    await vi.waitFor(() => expect(barOf('A')).toBe('score_map (cosine): 0.000 – +0.750'))
    studio.opener.closeModel(1)
    await vi.waitFor(() => expect(barOf('A')).toBe('score_map (cosine): 0.000 – +0.400'))
    expect(pane('A').textContent).toContain('shared scale')
  })

  it('show what they were told to, of what their model gives', async () => {
    const choice = within(pane('C')).getByRole<HTMLSelectElement>('combobox', { name: 'What the pane of C shows' })
    expect([...choice.options].map(({ value }) => value)).toEqual(['', 'labels', 'similar', 'feature'])
    await fireEvent.change(choice, { target: { value: 'feature' } })
    await vi.waitFor(() => expect(pane('C').textContent).toContain('visual_embedding · PCA as RGB'))
    await fireEvent.change(within(pane('C')).getByRole('combobox', { name: 'Tensor in the pane of C' }), {
      target: { value: 'x4' }
    })
    await vi.waitFor(() => expect(pane('C').textContent).toContain('x4 · PCA as RGB'))
    // the others follow the toolbar still
    expect(pane('A').textContent).toContain('car · score_map')
  })

  it('compare no model to labels that count other classes', async () => {
    studio.chooseHeatmaps({ overlay: 'loss-score' })
    await vi.waitFor(() => expect(pane('B').textContent).toContain('The labels count the classes of A'))
    await vi.waitFor(() => expect(pane('A').textContent).toContain('cross-entropy of score_map'))
  })

  it('make the model active that is pointed at', async () => {
    await fireEvent.focusIn(pane('B'))
    expect(studio.active?.letter).toBe('B')
    expect(pane('B').getAttribute('aria-current')).toBe('true')
    expect(pane('A').getAttribute('aria-current')).toBeNull()
  })

  it('zoom and point together, with one question a model under way', async () => {
    studio.camera = { centerX: 0.5, centerY: 0.5, zoom: 2 }
    const before = engine.calls.filter(({ method }) => method === 'probe').length
    for (let x = 0; x < 20; x++) studio.hover({ x, y: 5 })
    await vi.waitFor(() => expect(studio.models.map(({ hoverProbe }) => hoverProbe?.column)).toEqual([1, 1, 1]))
    // the first and the last place of the mouse, once each a model
    expect(engine.calls.filter(({ method }) => method === 'probe').length - before).toBeLessThanOrEqual(6)
  })

  it('are exported as one figure, with the names and the origin of each', async () => {
    studio.chooseHeatmaps({ overlay: 'score_map' })
    await studio.exporter?.exportPane()
    const decode = (extension: string): string =>
      new TextDecoder().decode(saved[0]?.files.find((file) => file.extension === extension)?.bytes)
    const svg = decode('svg')
    expect(svg).toContain('A · mini-vit.pth (DenseCLIP) · car · score_map')
    expect(svg).toContain('B · b.pth (DenseCLIP) · CAR · score_map')
    const origins = JSON.parse(decode('json')) as { checkpoint: { fileName: string }; shown: { title: string }[] }[]
    expect(origins.map(({ checkpoint, shown }) => [checkpoint.fileName, shown.length])).toEqual([
      ['mini-vit.pth', 1],
      ['b.pth', 1]
    ])
  })
})
