import { cleanup, render, screen } from '@testing-library/svelte'
import { tick } from 'svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SliceRequest } from '#models/api'
import type { LossMap, ScalarMap } from '#models/results-api'
import type { ExportFile } from '#models/shell'
import { float32Tensor } from '#models/tensor'
import { FAKE_CLASSES, FakeClient, FakeEngine, fakeShell } from '../../state/fake-engine'
import { start } from '../../state/start.svelte'
import { Studio } from '../../state/studio.svelte'
import HeatmapsInStudio from './HeatmapsInStudio.test.svelte'

// What the view says and asks for, over an engine whose answers can be foretold. Pixels are compared in e2e/.

const GRID = 4

/** Class k has cosine k/10 everywhere but in cell (1, 2), where the order is turned round. */
class ScoredEngine extends FakeEngine {
  readonly asked: string[] = []
  override async tensor(): ReturnType<FakeEngine['tensor']> {
    const values = FAKE_CLASSES.flatMap((_, k) =>
      Array.from({ length: GRID * GRID }, (__, cell) => (cell === GRID + 2 ? 0.4 - k / 10 : k / 10))
    )
    return float32Tensor([1, FAKE_CLASSES.length, GRID, GRID], Float32Array.from(values))
  }
  override async similarCells(request?: { name: string; row: number; column: number }): Promise<ScalarMap> {
    this.asked.push(`similar ${request?.name} ${request?.row} ${request?.column}`)
    return { rows: GRID, columns: GRID, values: new Float32Array(GRID * GRID).fill(0.5) }
  }
  override async slice(request?: SliceRequest): ReturnType<FakeEngine['slice']> {
    this.asked.push(`slice ${request?.name} ${request?.index.join(',')}`)
    return request?.index[1] === null ? float32Tensor([7]) : float32Tensor([GRID, GRID])
  }
  override async lossMap(request?: { from: string; tau: number }): Promise<LossMap> {
    this.asked.push(`loss ${request?.from} ${request?.tau}`)
    return { width: 64, height: 64, values: new Float32Array(64 * 64).fill(2.5), mean: 1.25 }
  }
}

let engine: ScoredEngine
let client: FakeClient
let studio: Studio
let saved: { suggestedName: string; files: readonly ExportFile[] }[]

const text = (): string => document.body.textContent?.replace(/\s+/g, ' ') ?? ''
/** The first and last tick of the colour bar that is shown. */
const barEnds = (): string | null => screen.getByRole('img', { name: /–/ }).getAttribute('aria-label')

beforeEach(async () => {
  engine = new ScoredEngine()
  client = new FakeClient(engine)
  saved = []
  const shell = {
    ...fakeShell(),
    saveExport: async (request: (typeof saved)[number]) => {
      saved.push(request)
      return `/tmp/${request.suggestedName}`
    }
  }
  studio = new Studio(client, shell)
  await start(studio)
  render(HeatmapsInStudio, { studio })
  await vi.waitFor(() => expect(studio.lead?.presence).toBeDefined())
  await vi.waitFor(() => expect(text()).toContain('car · score_map'))
})
afterEach(cleanup)

describe('score map', () => {
  it('is the first thing shown, with its unit, scale and mode', () => {
    expect(text()).toContain('whole picture')
    expect(text()).toContain('bilinear')
    expect(text()).toContain('shared scale')
    expect(barEnds()).toBe('score_map (cosine): 0.000 – +0.400')
  })

  it('follows the chosen class without asking the engine for anything', async () => {
    const calls = engine.calls.length
    studio.chooseClass('sky')
    await tick()
    expect(text()).toContain('sky · score_map')
    // shared: the range of all classes
    expect(barEnds()).toBe('score_map (cosine): 0.000 – +0.400')
    studio.chooseHeatmaps({ scale: 'own' })
    await tick()
    expect(text()).toContain('own scale')
    expect(barEnds()).toBe('score_map (cosine): +0.200 – +0.200')
    expect(engine.calls).toHaveLength(calls)
  })

  it('is centred at zero when it is signed', async () => {
    studio.chooseHeatmaps({ polarity: 'signed' })
    await tick()
    expect(barEnds()).toBe('score_map (cosine): −0.400 – +0.400')
    expect(document.querySelector('[data-color-map="vik"]')).not.toBeNull()
  })

  it('says what was changed about the model', async () => {
    studio.choose({ gammaScale: 0.5 })
    await vi.waitFor(() => expect(text()).toContain('γ × 0.50 what-if'))
  })
})

describe('other overlays', () => {
  it('shows the argmax of each cell from the score map that is there', async () => {
    studio.chooseHeatmaps({ overlay: 'score-argmax', interpolation: 'cells' })
    await tick()
    // 15 of 16 cells are cars, one is road
    expect(text()).toMatch(/argmax of score_map.*car.*93.8\s*%.*road.*6.3\s*%/)
  })

  it('shows the decoder with a legend by share, and its mIoU', async () => {
    studio.chooseHeatmaps({ overlay: 'decoder-argmax' })
    await vi.waitFor(() => expect(text()).toMatch(/argmax of seg_logits.*car.*40.0\s*%.*person.*30.0\s*%/))
    await vi.waitFor(() => expect(text()).toContain('mIoU 50.0'))
  })

  it('shows both losses with their means; only the one with a temperature follows τ', async () => {
    studio.chooseHeatmaps({ overlay: 'loss-score' })
    await vi.waitFor(() => expect(text()).toContain('mean 1.250 nats'))
    expect(barEnds()).toBe('score_map / τ (nats): 0.000 – 2.500')
    studio.choose({ tau: 0.1 })
    await vi.waitFor(() => expect(engine.asked).toContain('loss score_map 0.1'))
    studio.chooseHeatmaps({ overlay: 'loss-decoder' })
    await vi.waitFor(() => expect(text()).toContain('cross-entropy of seg_logits'))
    studio.choose({ tau: 0.2 })
    await tick()
    expect(engine.asked.filter((call) => call.startsWith('loss seg_logits'))).toEqual(['loss seg_logits 1'])
  })

  it('compares the pinned cell to all others', async () => {
    studio.chooseHeatmaps({ overlay: 'similar' })
    await vi.waitFor(() => expect(text()).toContain('Point at the picture'))
    studio.pin({ x: 40, y: 20 }, false)
    // cells are 16 pixels: row 1, column 2
    await vi.waitFor(() => expect(engine.asked).toContain('similar visual_embedding 1 2'))
    await vi.waitFor(() => expect(text()).toContain('cosine to row 1, column 2 · visual_embedding'))
    expect(barEnds()).toBe('visual_embedding (cosine): −1.000 – +1.000')
  })

  it('browses features as colours and by channel, no further than there are channels', async () => {
    studio.chooseHeatmaps({ overlay: 'feature', featureTensor: 'x4' })
    await vi.waitFor(() => expect(text()).toMatch(/x4 · PCA as RGB.*red: component 1, 50.0\s*%/))
    studio.chooseHeatmaps({ featureChannel: 99 })
    await vi.waitFor(() => expect(text()).toContain('x4 · channel 6'))
    expect(engine.asked).toContain('slice x4 0,6,,')
  })

  it('says what is missing instead of showing nothing', async () => {
    studio.choose({ labelsPath: undefined })
    studio.chooseHeatmaps({ overlay: 'labels' })
    await vi.waitFor(() => expect(text()).toContain('There is no ground truth'))
    studio.chooseHeatmaps({ overlay: 'feature', featureTensor: 'p1' })
    await vi.waitFor(() => expect(text()).toContain('This model has no p1.'))
  })
})

describe('panes', () => {
  it('are two side by side, and one with a line that swipes', async () => {
    studio.chooseHeatmaps({ layout: 'side-by-side', beside: 'decoder-argmax' })
    await vi.waitFor(() => expect(screen.getAllByRole('application')).toHaveLength(2))
    await vi.waitFor(() => expect(text()).toContain('argmax of seg_logits'))
    studio.chooseHeatmaps({ layout: 'swipe' })
    await tick()
    expect(screen.getAllByRole('application')).toHaveLength(1)
    expect(screen.getByRole('slider', { name: 'Swipe line' })).toBeDefined()
  })

  it('keep the map of a checkpoint, marked as old, until the one in its place has its own', async () => {
    let open = (): void => undefined
    engine.gate = new Promise((resolve) => (open = resolve))
    await studio.opener.openModel({ path: '/downloads/other.pth' })
    studio.chooseClass('sky')
    await tick()
    // what is there was not made by this checkpoint, so it is not read with its names
    expect(text()).toContain('car · score_map')
    expect(text()).toContain('before the last change')
    open()
    await vi.waitFor(() => expect(text()).not.toContain('before the last change'))
    expect(text()).toContain('sky · score_map')
  })

  it('read a run with the names that it was made with', async () => {
    engine.gate = new Promise(() => undefined)
    // person has 0.3, car 0.4: with the first class gone, 'car' is where 'person' was
    studio.editClasses({ kind: 'remove', index: 0 })
    studio.chooseHeatmaps({ scale: 'own' })
    await tick()
    expect(text()).toContain('car · score_map')
    expect(barEnds()).toBe('score_map (cosine): 0.000 – +0.400')
    studio.chooseClass('person')
    await tick()
    expect(barEnds()).toBe('score_map (cosine): +0.100 – +0.300')
  })

  it('do not lay the map of one picture over another', async () => {
    const open = engine.openPicture.bind(engine)
    engine.openPicture = async (request) => ({ ...(await open(request)), hash: request.path })
    engine.gate = new Promise(() => undefined)
    await studio.opener.openPicture('/pictures/street.png')
    await vi.waitFor(() => expect(screen.queryByRole('img', { name: /score_map/ })).toBeNull())
    expect(screen.getByRole('progressbar')).toBeDefined()
  })

  it('export nothing that is older than what was chosen', async () => {
    engine.gate = new Promise(() => undefined)
    studio.choose({ gammaScale: 0 })
    await studio.exporter?.exportPane()
    expect(saved).toEqual([])
    expect(studio.notices.list.at(-1)?.text).toContain('on its way')
  })

  it('keep what they show when the engine dies, and ask the next one again', async () => {
    client.restart()
    await tick()
    expect(text()).toContain('car · score_map')
    await vi.waitFor(() => expect(studio.lead?.old).toBe(false))
    expect(text()).toContain('car · score_map')
  })
})

describe('export', () => {
  it('writes what is shown as SVG and says in the JSON where it came from', async () => {
    studio.pin({ x: 40, y: 20 }, false)
    await vi.waitFor(() => expect(studio.lead?.pinProbes.size).toBe(1))
    await tick()
    await studio.exporter?.exportPane()
    const [{ suggestedName, files } = { suggestedName: '', files: [] }] = saved
    expect(suggestedName).toBe('day-0-car-score-map')
    expect(files.map(({ extension }) => extension)).toEqual(['svg', 'png', 'json'])
    const decode = (extension: string): string =>
      new TextDecoder().decode(files.find((file) => file.extension === extension)?.bytes)
    const svg = decode('svg')
    for (const part of [
      'car · score_map',
      'score_map (cosine)',
      '+0.400',
      'shared scale',
      'mini-vit.pth · day-0.png'
    ]) {
      expect(svg).toContain(part)
    }
    expect(JSON.parse(decode('json'))).toMatchObject({
      checkpoint: { fileName: 'mini-vit.pth', sha256: 'ab'.repeat(32) },
      picture: { fileName: 'day-0.png', sha256: 'cd'.repeat(32) },
      classes: FAKE_CLASSES,
      mode: { kind: 'whole' },
      provider: 'cpu',
      settings: { chosenClass: 'car', interpolation: 'bilinear', scale: 'shared' },
      shown: [{ title: 'car · score_map', probes: [{ label: '1', x: 40, y: 20 }] }]
    })
  })
})

describe('tags', () => {
  it('say that the class list is not the one that was trained', async () => {
    await vi.waitFor(() => expect(text()).toContain('whole picture'))
    expect(text()).not.toContain('edited classes')
    studio.editClasses({ kind: 'rename', index: 4, name: 'red car' })
    await vi.waitFor(() => expect(text()).toContain('edited classes'))
  })

  it('say that labels had another size, and how much of them is of no class', async () => {
    const open = engine.openLabels.bind(engine)
    engine.openLabels = async (request) => ({ ...(await open(request)), width: 32, height: 16 })
    engine.labelPixels = async () => {
      const labels = new Uint16Array(64 * 64).fill(1)
      labels.fill(200, 0, 1024)
      labels.fill(255, 1024, 2048)
      return { width: 64, height: 64, labels, counts: [0, 2048] }
    }
    await studio.opener.openLabels('/pictures/small.png')
    studio.chooseHeatmaps({ overlay: 'labels' })
    await vi.waitFor(() => expect(text()).toContain('labels resized from 32 × 16'))
    await vi.waitFor(() => expect(text()).toMatch(/25\.0.% labelled as no class/))
    studio.chooseHeatmaps({ overlay: 'loss-decoder' })
    await vi.waitFor(() => expect(text()).toContain('cross-entropy of seg_logits'))
    expect(text()).toContain('labels resized from 32 × 16')
  })
})
