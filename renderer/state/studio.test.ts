import { afterEach, describe, expect, it, vi } from 'vitest'
import { StudioError } from '#models/errors'
import { FAKE_CLASSES, FakeClient, FakeEngine, fakeModel, fakeShell } from './fake-engine'
import { start } from './start.svelte'
import { Studio } from './studio.svelte'
import { readWorkspace, storedWorkspace } from './workspace'

async function started(stored?: unknown) {
  const engine = new FakeEngine()
  const client = new FakeClient(engine)
  const shell = fakeShell(stored)
  const studio = new Studio(client, shell)
  await start(studio)
  await vi.waitFor(() => expect(studio.lead?.presence ?? studio.lead?.error ?? studio.picture.error).toBeDefined())
  return { engine, client, shell, studio }
}

describe('the first start', () => {
  it('opens the sample, chooses "car" and runs the score map before the decoder', async () => {
    const { engine, studio } = await started()
    expect(studio.lead?.fileName).toBe('mini-vit.pth')
    expect(studio.chosenName).toBe('car')
    expect(engine.runs().map(({ want }) => want)).toEqual([['score_map'], ['score_map', 'seg_logits_low']])
    // and the window has the scores before the engine is busy with the decoder
    const asked = engine.calls.map(({ method }) => method).filter((method) => method === 'run' || method === 'tensor')
    expect(asked).toEqual(['run', 'tensor', 'run'])
    expect(studio.lead?.decoded).toBe(true)
    expect(studio.lead?.presence?.shares.get('person')).toBe(300 / 4096)
    expect(studio.orderedClasses).toEqual([4, 3, 2, 1, 0])
  })

  it('opens the sample where the workspace is broken', async () => {
    const { studio } = await started({ version: 1, choices: { models: 'none' } })
    expect(studio.lead?.fileName).toBe('mini-vit.pth')
  })

  it('shows why a restored checkpoint does not open, and opens the rest', async () => {
    const { studio } = await started({
      version: 1,
      choices: { models: [{ path: '/gone/broken.pth' }], picturePath: '/p.png' }
    })
    expect(studio.lead?.error?.message).toContain('broken.pth')
    await vi.waitFor(() => expect(studio.picture.info?.fileName).toBe('p.png'))
  })
})

describe('a choice', () => {
  it('of a class runs nothing', async () => {
    const { engine, studio } = await started()
    const before = engine.runs().length
    studio.chooseClass('sky')
    studio.chooseHeatmaps({ opacity: 0.2 })
    await Promise.resolve()
    expect(engine.runs()).toHaveLength(before)
  })

  it('of another class list runs once, score map and decoder', async () => {
    const { engine, studio } = await started()
    const before = engine.runs().length
    studio.editClasses({ kind: 'rename', index: 4, name: 'red car' })
    await vi.waitFor(() => expect(studio.lead?.old).toBe(false))
    await vi.waitFor(() => expect(engine.runs()).toHaveLength(before + 2))
    expect(engine.runs().at(-1)?.classes).toEqual(['road', 'building', 'sky', 'person', 'red car'])
    expect(studio.chosenName).toBe('red car')
  })

  it('of a list that the decoder does not take leaves the score map, and says why', async () => {
    const { studio } = await started()
    studio.editClasses({ kind: 'add', name: 'bus' })
    await vi.waitFor(() => expect(studio.lead?.decoderError?.message).toContain('trained for 5 classes'))
    expect(studio.lead?.runError).toBeUndefined()
    expect(studio.lead?.run?.classes).toContain('bus')
    expect(studio.lead?.decoded).toBe(false)
    await vi.waitFor(() => expect(studio.lead?.presence?.from).toBe('score_map'))
    studio.undo()
    await vi.waitFor(() => expect(studio.lead?.decoded).toBe(true))
    expect(studio.lead?.decoderError).toBeUndefined()
  })

  it('keeps the old result, marked as old, until the newest one is there', async () => {
    const { engine, studio } = await started()
    const first = studio.lead?.run
    let open = (): void => undefined
    engine.gate = new Promise((resolve) => (open = resolve))
    studio.choose({ gammaScale: 0.5 })
    studio.choose({ gammaScale: 0 })
    expect(studio.lead?.run).toBe(first)
    expect(studio.lead?.old).toBe(true)
    open()
    await vi.waitFor(() => expect(studio.lead?.old).toBe(false))
    expect(studio.lead?.run?.gammaScale).toBe(0)
    expect(studio.lead?.runError).toBeUndefined()
  })

  it('is undone and redone, and a dragged slider is one step', async () => {
    const { studio } = await started()
    studio.chooseClass('sky')
    for (const opacity of [0.6, 0.5, 0.4]) studio.chooseHeatmaps({ opacity }, 'opacity')
    studio.undo()
    expect(studio.heatmaps.opacity).toBe(0.7)
    studio.undo()
    expect(studio.chosenName).toBe('car')
    expect(studio.canUndo).toBe(false)
    studio.redo()
    studio.redo()
    expect(studio.heatmaps.opacity).toBe(0.4)
    expect(studio.canRedo).toBe(false)
  })
})

describe('opening', () => {
  it('in the place of one that is still being opened is not undone by that, which is closed', async () => {
    const engine = new FakeEngine()
    const studio = new Studio(new FakeClient(engine), fakeShell(undefined))
    let open = (): void => undefined
    engine.openGate = new Promise((resolve) => (open = resolve))
    await start(studio)
    await vi.waitFor(() => expect(engine.calls.filter(({ method }) => method === 'openModel')).toHaveLength(1))
    engine.openGate = Promise.resolve()
    await studio.opener.openModel({ path: '/other.pt' })
    open()
    await vi.waitFor(() => expect(engine.calls.filter(({ method }) => method === 'closeModel')).toHaveLength(1))
    expect(studio.lead?.info?.path).toBe('/other.pt')
    expect(studio.lead?.fileName).toBe('other.pt')
  })

  it('a broken checkpoint says why and leaves the open one at work', async () => {
    const { studio } = await started()
    await studio.opener.openModel({ path: '/downloads/broken.pth' })
    expect(studio.opener.failedModel?.error.code).toBe('truncated')
    expect(studio.lead?.fileName).toBe('mini-vit.pth')
    expect(studio.canUndo).toBe(false)
  })

  it('another checkpoint closes the one before and keeps the class by name', async () => {
    const { engine, studio } = await started()
    const before = studio.lead?.info?.id
    await studio.opener.openModel({ path: '/downloads/other.pth' })
    await vi.waitFor(() => expect(studio.lead?.old).toBe(false))
    expect(engine.calls).toContainEqual({ method: 'closeModel', request: { model: before } })
    expect(engine.calls.filter(({ method }) => method === 'openModel')).toHaveLength(2)
    expect(studio.chosenName).toBe('car')
  })

  it('another checkpoint leaves the run of the one before on screen, as old, until it has run itself', async () => {
    const { engine, studio } = await started()
    const [slot] = studio.models
    const first = slot?.run
    const closed = () => engine.calls.filter(({ method }) => method === 'closeModel').length
    let open = (): void => undefined
    engine.gate = new Promise((resolve) => (open = resolve))
    const opening = studio.opener.openModel({ path: '/downloads/other.pth' })
    expect(slot?.old).toBe(true)
    await opening
    expect(studio.lead).toBe(slot)
    expect(slot?.info?.fileName).toBe('other.pth')
    expect(slot?.run).toBe(first)
    expect(slot?.old).toBe(true)
    expect(closed()).toBe(0)
    open()
    await vi.waitFor(() => expect(slot?.old).toBe(false))
    expect(slot?.run?.model).toBe(slot?.info?.id)
    await vi.waitFor(() => expect(closed()).toBe(1))
  })

  it('a broken checkpoint is over when it is known: what is on screen is not old', async () => {
    const { studio } = await started()
    const opening = studio.opener.openModel({ path: '/downloads/broken.pth' })
    expect(studio.lead?.old).toBe(true)
    await opening
    expect(studio.lead?.old).toBe(false)
  })

  it('a checkpoint that cannot run does not stand under the map of the one before', async () => {
    const { engine, studio } = await started()
    const before = studio.lead?.info?.id
    engine.openModel = async ({ path }) => ({ ...fakeModel(path, 99), missing: ['gamma'] })
    await studio.opener.openModel({ path: '/downloads/part.pth' })
    expect(studio.lead?.run).toBeUndefined()
    expect(engine.calls).toContainEqual({ method: 'closeModel', request: { model: before } })
  })

  it('a picture takes its own labels and leaves the pins behind', async () => {
    const { studio } = await started()
    studio.pin({ x: 3, y: 4 }, false)
    await studio.opener.openPicture('/pictures/street.png')
    expect(studio.pins).toEqual([])
    expect(studio.labels.info).toBeUndefined()
    await vi.waitFor(() => expect(studio.lead?.run?.picture).toBe(studio.picture.info?.id))
    studio.undo()
    await vi.waitFor(() => expect(studio.labels.info?.fileName).toBe('day-0.png'))
    expect(studio.pins).toHaveLength(1)
  })
})

describe('after the engine died', () => {
  it('opens everything again and runs again', async () => {
    const { engine, client, studio } = await started()
    const before = studio.lead?.info?.id
    client.restart()
    expect(studio.lead?.run).toBeDefined()
    expect(studio.lead?.old).toBe(true)
    expect(studio.lead?.classes).toEqual(FAKE_CLASSES)
    await vi.waitFor(() => expect(studio.lead?.old).toBe(false))
    expect(studio.lead?.info?.id).not.toBe(before)
    expect(engine.runs().at(-1)?.model).toBe(studio.lead?.info?.id)
    expect(studio.lead?.runError).toBeUndefined()
  })

  it('does not run again what the user ended, before the next choice', async () => {
    const { engine, client, studio } = await started()
    const runs = engine.runs().length
    engine.gate = new Promise(() => undefined)
    studio.choose({ gammaScale: 0 })
    studio.session.halt()
    engine.gate = Promise.resolve()
    client.restart()
    await vi.waitFor(() => expect(studio.lead?.info).toBeDefined())
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(engine.runs()).toHaveLength(runs + 1)
    studio.choose({ gammaScale: 1.5 })
    await vi.waitFor(() => expect(studio.lead?.run?.gammaScale).toBe(1.5))
  })
})

describe('a file that is opened while a run takes long', () => {
  async function stuck() {
    const parts = await started()
    vi.useFakeTimers()
    parts.engine.gate = new Promise(() => undefined)
    parts.studio.choose({ gammaScale: 0 })
    return parts
  }
  afterEach(() => void vi.useRealTimers())

  it('does not wait for it: the engine is started again, asked again, and runs on the new picture alone', async () => {
    const { engine, client, shell, studio } = await stuck()
    const runs = engine.runs().length
    const open = engine.openPicture.bind(engine)
    let dies: (error: Error) => void = () => undefined
    engine.openPicture = () => new Promise((_, reject) => (dies = reject))
    const opening = studio.opener.openPicture('/pictures/street.png')
    await vi.advanceTimersByTimeAsync(1500)
    expect(shell.restarts).toBe(0)
    await vi.advanceTimersByTimeAsync(1000)
    expect(shell.restarts).toBe(1)
    engine.openPicture = open
    engine.gate = Promise.resolve()
    dies(new StudioError('engine', 'The engine stopped.'))
    client.restart()
    await opening
    vi.useRealTimers()
    await vi.waitFor(() => expect(studio.lead?.old).toBe(false))
    expect(studio.picture.info?.fileName).toBe('street.png')
    const pictures = new Set(
      engine
        .runs()
        .slice(runs)
        .map(({ picture }) => picture)
    )
    expect([...pictures]).toEqual([studio.picture.info?.id])
  })

  it('leaves the engine alone where it is open soon, or where nothing that it replaces runs', async () => {
    const { shell, studio } = await stuck()
    await studio.opener.openPicture('/pictures/street.png')
    await vi.advanceTimersByTimeAsync(5000)
    expect(shell.restarts).toBe(0)
  })

  it('leaves what was there at work where it cannot be opened', async () => {
    const { engine, studio } = await stuck()
    engine.gate = Promise.resolve()
    await studio.opener.openPicture('/pictures/broken.png')
    vi.useRealTimers()
    expect(studio.opener.failedPicture?.error.code).toBe('truncated')
    studio.choose({ gammaScale: 0.5 })
    await vi.waitFor(() => expect(studio.lead?.run?.gammaScale).toBe(0.5))
  })
})

describe('the probe', () => {
  it('follows the mouse to its newest place', async () => {
    const { studio } = await started()
    studio.hover({ x: 1, y: 1 })
    studio.hover({ x: 20, y: 1 })
    studio.hover({ x: 50, y: 34 })
    await vi.waitFor(() => expect(studio.lead?.hoverProbe?.column).toBe(3))
    expect(studio.lead?.hoverProbe?.row).toBe(2)
    studio.hover(undefined)
    await vi.waitFor(() => expect(studio.lead?.hoverProbe).toBeUndefined())
  })

  it('is pinned, numbered, named and refreshed by the next run', async () => {
    const { engine, studio } = await started()
    studio.pin({ x: 1, y: 1 }, true)
    studio.pin({ x: 60, y: 60 }, true)
    studio.namePin(2, 'bonnet')
    expect(studio.pins.map(({ number, name }) => [number, name])).toEqual([
      [1, ''],
      [2, 'bonnet']
    ])
    await vi.waitFor(() => expect(studio.lead?.pinProbes.get(2)?.row).toBe(3))
    const probes = engine.calls.filter(({ method }) => method === 'probe').length
    studio.choose({ gammaScale: 0 })
    await vi.waitFor(() =>
      expect(engine.calls.filter(({ method }) => method === 'probe').length).toBeGreaterThan(probes)
    )
  })
})

describe('the workspace', () => {
  it('comes back as it was', async () => {
    const { studio } = await started()
    studio.editClasses({ kind: 'add', name: 'bus' })
    studio.pin({ x: 1.5, y: 2 }, false)
    studio.chooseHeatmaps({ overlay: 'decoder-argmax', layout: 'swipe' })
    studio.change({ theme: 'dark', hintsSeen: ['probe'] })
    const { choices, settings } = studio
    const restored = readWorkspace(structuredClone(storedWorkspace({ choices, settings })))
    expect(restored).toEqual({ choices, settings })
    expect(restored?.choices.models[0]?.classes).toEqual([...FAKE_CLASSES, 'bus'])
  })

  it('loses only what cannot be read', () => {
    const stored = { version: 1, choices: { models: [], gammaScale: 7, heatmaps: { overlay: 'gone', opacity: 0.3 } } }
    const { choices } = readWorkspace(stored) ?? {}
    expect(choices?.gammaScale).toBe(1)
    expect(choices?.heatmaps.overlay).toBe('score_map')
    expect(choices?.heatmaps.opacity).toBe(0.3)
  })
})

describe('several models', () => {
  async function three() {
    const parts = await started()
    for (const index of [1, 2]) await parts.studio.opener.openModel({ path: `/models/${index}.pth` }, index)
    await vi.waitFor(() =>
      expect(parts.studio.models.map(({ presence }) => presence !== undefined)).not.toContain(false)
    )
    return parts
  }

  it('run all score maps before all decoders, model A first', async () => {
    const { engine, studio } = await three()
    const before = engine.runs().length
    studio.choose({ gammaScale: 0.5 })
    await vi.waitFor(() => expect(engine.runs()).toHaveLength(before + 6))
    const letter = (model: string): string | undefined => studio.models.find(({ info }) => info?.id === model)?.letter
    expect(
      engine
        .runs()
        .slice(before)
        .map(({ model, want }) => `${letter(model)} ${want.at(-1)}`)
    ).toEqual(['A score_map', 'B score_map', 'C score_map', 'A seg_logits_low', 'B seg_logits_low', 'C seg_logits_low'])
  })

  it('have one that is pointed out, which stays so wherever it stands', async () => {
    const { studio } = await three()
    expect(studio.active).toBe(studio.lead)
    const [, second] = studio.models
    if (!second) throw new Error('two models')
    studio.activate(second)
    expect(studio.active?.fileName).toBe('1.pth')
    studio.opener.closeModel(0)
    expect(studio.active?.fileName).toBe('1.pth')
    expect(studio.active?.letter).toBe('A')
    studio.opener.closeModel(0)
    expect(studio.active?.fileName).toBe('2.pth')
  })

  it('show what each was told to, which can be undone and is kept', async () => {
    const { studio } = await three()
    const [, second] = studio.models
    if (!second) throw new Error('two models')
    studio.choosePane(second, { overlay: 'feature' })
    studio.choosePane(second, { featureTensor: 'x4' })
    expect(studio.models.map(({ choice }) => choice.pane)).toEqual([
      undefined,
      { overlay: 'feature', featureTensor: 'x4' },
      undefined
    ])
    const stored = structuredClone(storedWorkspace({ choices: studio.choices, settings: studio.settings }))
    expect(readWorkspace(stored)?.choices.models[1]?.pane).toMatchObject({ overlay: 'feature', featureTensor: 'x4' })
    studio.undo()
    studio.undo()
    expect(second.choice.pane).toBeUndefined()
  })
})
