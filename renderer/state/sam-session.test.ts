import { describe, expect, it, vi } from 'vitest'
import type { ModelInfo, RunInfo, RunRequest } from '#models/api'
import { FakeClient, FakeEngine, fakeModel, fakeShell } from './fake-engine'
import { start } from './start.svelte'
import { Studio } from './studio.svelte'
import { readWorkspace, storedWorkspace } from './workspace'

const SIDE = 16

/** sam.pth is a model that takes prompts and knows no classes. */
class PromptedEngine extends FakeEngine {
  #models = 100
  override async openModel(request: { path: string }): Promise<ModelInfo> {
    if (!request.path.endsWith('sam.pth')) return super.openModel(request)
    return {
      ...fakeModel(request.path, ++this.#models),
      system: 'sam',
      classes: [],
      palette: [],
      nameTokens: undefined,
      tensors: [],
      prompts: { maskSide: SIDE, tensors: [] }
    }
  }
  override async run(request: RunRequest, context = {}): Promise<RunInfo> {
    return {
      ...(await super.run(request, context)),
      inputWidth: 128,
      inputHeight: 128,
      paddedWidth: 128,
      paddedHeight: 128
    }
  }
}

/** The sample with SAM beside it. */
async function started() {
  const engine = new PromptedEngine()
  const studio = new Studio(new FakeClient(engine), fakeShell())
  await start(studio)
  await vi.waitFor(() => expect(studio.lead?.presence).toBeDefined())
  await studio.opener.openModel({ path: '/models/sam.pth' }, 1)
  await vi.waitFor(() => expect(studio.models[1]?.run).toBeDefined())
  const ofSam = (): RunRequest[] => engine.runs().filter(({ model }) => model === studio.models[1]?.info?.id)
  const settled = (runs: number) =>
    vi.waitFor(() => {
      expect(ofSam()).toHaveLength(runs)
      expect(studio.models[1]?.old).toBe(false)
    })
  return { engine, studio, ofSam, settled }
}

describe('SAM in the document', () => {
  it('has its picture encoded before it is asked anything, and then runs for every point', async () => {
    const { engine, studio, ofSam, settled } = await started()
    await settled(1)
    expect(ofSam()[0]).toMatchObject({ want: ['image_embedding'], mode: { kind: 'whole' } })
    expect(ofSam()[0]?.samPrompts).toBeUndefined()
    const others = engine.runs().length - 1
    // the picture of 64 is scaled to 128
    studio.chooseSam({ points: [{ x: 16, y: 32, label: 1 }] })
    await settled(2)
    expect(ofSam()[1]?.samPrompts).toEqual([
      { name: 'window', points: [{ x: 31.5, y: 63.5, label: 1 }], box: undefined, mask: undefined }
    ])
    expect(ofSam()[1]?.want).toContain('low_res_masks_window_multi')
    // nobody else runs for it
    expect(engine.runs()).toHaveLength(others + 2)
    // which mask is shown asks for nothing
    studio.chooseSam({ answer: 'single' })
    await Promise.resolve()
    expect(ofSam()).toHaveLength(2)
    studio.undo()
    studio.undo()
    await settled(3)
    expect(ofSam()[2]?.samPrompts).toBeUndefined()
  })

  it('is told the score map of the chosen class, and again of the next one', async () => {
    const { studio, ofSam, settled } = await started()
    await settled(1)
    studio.chooseSam({ fromScores: { points: false, box: false, mask: true } })
    await settled(2)
    expect(ofSam()[1]?.samPrompts?.[0]?.mask?.shape).toEqual([1, 1, SIDE, SIDE])
    studio.chooseClass('sky')
    await settled(3)
    // and again when its model has run anew
    studio.choose({ gammaScale: 0 })
    await vi.waitFor(() => expect(ofSam().length).toBeGreaterThanOrEqual(4))
  })

  it('forgets places with the picture, and nothing else', async () => {
    const { studio } = await started()
    studio.chooseSam({ points: [{ x: 1, y: 1, label: 0 }], box: [0, 0, 9, 9], peaks: 5 })
    await studio.opener.openPicture('/pictures/other.png')
    expect(studio.choices.sam).toMatchObject({ points: [], box: undefined, peaks: 5 })
  })

  it('is kept in the workspace', async () => {
    const { studio } = await started()
    studio.chooseSam({ points: [{ x: 1.5, y: 2, label: 0 }], box: [0, 0, 9, 9], threshold: 0.1, answer: '2' })
    const stored: unknown = JSON.parse(JSON.stringify(storedWorkspace(studio)))
    expect(readWorkspace(stored)?.choices.sam).toEqual(studio.choices.sam)
    const broken = { version: 1, choices: { models: [], sam: { points: 'none' } } }
    expect(readWorkspace(broken)?.choices.sam.points).toEqual([])
  })
})
