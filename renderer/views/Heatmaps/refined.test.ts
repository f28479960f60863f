import { cleanup, render, screen } from '@testing-library/svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TensorRef } from '#models/api'
import type { TensorSpec } from '#models/architectures/architecture'
import { SCORE_MAP_DENOISED, SCORE_MAP_SMOOTHED } from '#models/architectures/tensor-specs'
import { float32Tensor } from '#models/tensor'
import { FAKE_CLASSES, FAKE_TENSORS, FakeClient, FakeEngine, fakeShell } from '../../state/fake-engine'
import { start } from '../../state/start.svelte'
import { Studio } from '../../state/studio.svelte'
import HeatmapsInStudio from './HeatmapsInStudio.test.svelte'

// MaskCLIP's score map before and after refinement, over an engine whose answers can be foretold.

const CELLS = 16
const REFINED: readonly TensorSpec[] = [...FAKE_TENSORS, SCORE_MAP_DENOISED, SCORE_MAP_SMOOTHED]

/** Class k has the value k/10; denoising removes the last class, car; smoothing makes ten times as much of it. */
class RefinedEngine extends FakeEngine {
  readonly asked: string[] = []
  override async tensor(request?: TensorRef): ReturnType<FakeEngine['tensor']> {
    const name = request?.name ?? ''
    this.asked.push(name)
    const value = (k: number): number => {
      if (name === 'score_map_denoised' && k === FAKE_CLASSES.length - 1) return -1
      return name === 'score_map_smoothed' ? k : k / 10
    }
    const values = FAKE_CLASSES.flatMap((_, k) => new Array<number>(CELLS).fill(value(k)))
    return float32Tensor([1, FAKE_CLASSES.length, 4, 4], Float32Array.from(values))
  }
  override async labelMap(request?: { from: string }): ReturnType<FakeEngine['labelMap']> {
    this.asked.push(`labels of ${request?.from}`)
    return super.labelMap()
  }
}

let engine: RefinedEngine
let studio: Studio
const text = (): string => document.body.textContent?.replace(/\s+/g, ' ') ?? ''
const barEnds = (): string | null => screen.getByRole('img', { name: /–/ }).getAttribute('aria-label')
const choose = (name: string): void => screen.getByRole('radio', { name }).click()

async function begin(tensors: readonly TensorSpec[]): Promise<void> {
  engine = new RefinedEngine()
  engine.opensAs = () => ({ tensors })
  studio = new Studio(new FakeClient(engine), fakeShell())
  await start(studio)
  render(HeatmapsInStudio, { studio })
  await vi.waitFor(() => expect(text()).toContain('car · score_map'))
}
afterEach(cleanup)

describe('before and after', () => {
  beforeEach(() => begin(REFINED))

  it('is one click, computed only when it is asked for', async () => {
    expect(engine.asked).not.toContain('score_map_smoothed')
    choose('Smoothed')
    await vi.waitFor(() => expect(text()).toContain('car · score_map_smoothed'))
    expect(barEnds()).toMatch(/^score_map_smoothed \(Σp\): 0 – 4$/)
    choose('As computed')
    await vi.waitFor(() => expect(text()).not.toContain('score_map_smoothed'))
    expect(barEnds()).toBe('score_map (cosine): 0.000 – +0.400')
    expect(engine.asked).not.toContain('score_map_denoised')
  })

  it('says which class was removed, and takes the range of those that are left', async () => {
    choose('Denoised')
    await vi.waitFor(() => expect(text()).toContain('removed: no cell is sure of it'))
    expect(barEnds()).toBe('score_map_denoised (cosine): 0.000 – +0.300')
    studio.chooseClass('person')
    await vi.waitFor(() => expect(text()).toContain('person · score_map_denoised'))
    expect(text()).not.toContain('removed')
  })

  it('goes for labels too, of pixels and of cells', async () => {
    studio.chooseHeatmaps({ overlay: 'score-argmax', scoreTensor: 'score_map_smoothed' })
    await vi.waitFor(() => expect(text()).toContain('argmax of score_map_smoothed'))
    expect(engine.asked).toContain('labels of score_map_smoothed')
    studio.chooseHeatmaps({ interpolation: 'cells', scoreTensor: 'score_map_denoised' })
    await vi.waitFor(() => expect(text()).toContain('argmax of score_map_denoised'))
    expect(engine.asked).not.toContain('labels of score_map_denoised')
  })

  it('may be chosen for one pane alone', async () => {
    const [model] = studio.choices.models
    if (!model) throw new Error('no model')
    studio.choose({ models: [{ ...model, pane: { scoreTensor: 'score_map_smoothed' } }] })
    await vi.waitFor(() => expect(text()).toContain('car · score_map_smoothed'))
  })
})

it('is not offered where no model has it, and a choice of before does not hold there', async () => {
  await begin(FAKE_TENSORS)
  expect(screen.queryByRole('radio', { name: 'Smoothed' })).toBeNull()
  studio.chooseHeatmaps({ scoreTensor: 'score_map_smoothed' })
  await vi.waitFor(() => expect(studio.heatmaps.scoreTensor).toBe('score_map_smoothed'))
  expect(text()).toContain('car · score_map')
  expect(text()).not.toContain('score_map_smoothed')
  expect(engine.asked).not.toContain('score_map_smoothed')
})
