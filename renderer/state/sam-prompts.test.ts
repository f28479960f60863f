import { describe, expect, it } from 'vitest'
import type { ModelInfo, PictureId, PictureInfo, RunId, RunInfo } from '#models/api'
import { float32Tensor } from '#models/tensor'
import { EMPTY_CHOICES, NO_PROMPTS, type Choices, type SamChoice } from './choices'
import {
  promptedRun,
  promptsFromScores,
  samPromptsOf,
  samTensor,
  scoreModelOf,
  scoreSourceOf,
  slotScores,
  type SamFrame,
  type ScoreSource
} from './sam-prompts'

// A picture of 200 × 100 in a square of 64: scaled to 64 × 32, filled up below. The score map is of 4 × 2 cells.

const picture = { id: 'picture' as PictureId, width: 200, height: 100 } as PictureInfo
const run = {
  id: 'sam-run' as RunId,
  picture: picture.id,
  inputWidth: 64,
  inputHeight: 32,
  paddedWidth: 64,
  paddedHeight: 64
} as RunInfo
const frame: SamFrame = { picture, run, maskSide: 16 }
const CLASSES = ['road', 'car']
/** car − road: car wins in cells (0, 1), (0, 2) and (1, 2) */
const MARGIN = [-0.2, 0.3, 0.1, -0.3, -0.1, -0.2, 0.2, -0.1]

const scored = (windows = 1): RunInfo => ({
  ...run,
  id: 'scores' as RunId,
  classes: CLASSES,
  inputWidth: 100,
  inputHeight: 50,
  paddedWidth: 100,
  paddedHeight: 50,
  windows: Array.from({ length: windows }, () => ({ x: 0, y: 0, width: 100, height: 50 }))
})
const map = float32Tensor([1, 2, 2, 4], Float32Array.from([...MARGIN.map(() => 0), ...MARGIN]))
const scores = slotScores(scored(), map)
const slots = [
  { info: undefined, classes: [], scores: undefined },
  { info: { tau: 0.1 } as ModelInfo, classes: CLASSES, scores }
]
const withSam = (sam: Partial<SamChoice>, more: Partial<Choices> = {}): Choices => ({
  ...EMPTY_CHOICES,
  chosenClass: 'car',
  ...more,
  sam: { ...NO_PROMPTS, ...sam }
})
const all = { points: true, box: true, mask: true }

function sourceOf(choices: Choices): ScoreSource {
  const source = scoreSourceOf(slots, picture.id, choices)
  if (!source) throw new Error('no source')
  return source
}

describe('points and box', () => {
  it('are scaled to the input, whose first pixel has 0 in its middle', () => {
    const { sam } = withSam({
      points: [
        { x: 0, y: 0, label: 1 },
        { x: 100, y: 50, label: 0 }
      ],
      box: [0, 25, 200, 100]
    })
    expect(samPromptsOf(sam, undefined, frame)).toEqual({
      name: 'window',
      points: [
        { x: -0.5, y: -0.5, label: 1 },
        { x: 31.5, y: 15.5, label: 0 }
      ],
      box: [-0.5, 7.5, 63.5, 31.5],
      mask: undefined
    })
  })

  it('are those of the authors where the picture is not scaled: the index of the pixel', () => {
    const same = { inputWidth: 200, inputHeight: 100, paddedWidth: 200, paddedHeight: 200 }
    const { sam } = withSam({ points: [{ x: 12.5, y: 7.5, label: 1 }] })
    expect(samPromptsOf(sam, undefined, { ...frame, run: same })?.points).toEqual([{ x: 12, y: 7, label: 1 }])
  })

  it('are none where nothing is chosen', () => {
    expect(samPromptsOf(NO_PROMPTS, undefined, frame)).toBeUndefined()
  })
})

describe('a score map', () => {
  it('is that of the chosen class, of the first model that has one', () => {
    expect(scoreModelOf(slots, NO_PROMPTS)).toBe(1)
    expect(scoreModelOf(slots, { ...NO_PROMPTS, scoreModel: 0 })).toBe(1)
    expect(sourceOf(withSam({ fromScores: all }))).toMatchObject({ classIndex: 1, tau: 0.1 })
    expect(sourceOf(withSam({ fromScores: all }, { tau: 0.2 })).tau).toBe(0.2)
    expect(sourceOf(withSam({ fromScores: all }, { chosenClass: 'gone' })).classIndex).toBe(0)
  })

  it('is not told where nothing of it is chosen, for another picture, and of windows that slide', () => {
    expect(scoreSourceOf(slots, picture.id, withSam({}))).toBeUndefined()
    expect(scoreSourceOf(slots, 'other' as PictureId, withSam({ fromScores: all }))).toBeUndefined()
    expect(slotScores(scored(2), map)).toBeUndefined()
  })

  it('gives peaks and box in pixels of the picture', () => {
    const choices = withSam({ fromScores: all })
    const { points, box } = promptsFromScores(choices.sam, sourceOf(choices), picture)
    // cell (1, 2) is within two cells of the higher (0, 1)
    expect(points).toEqual([{ x: 75, y: 25, label: 1 }])
    expect(box).toEqual([50, 0, 150, 100])
  })

  it('gives way to a box of the user’s own, and adds to their points', () => {
    const choices = withSam({ fromScores: all, box: [0, 0, 200, 100], points: [{ x: 0, y: 0, label: 0 }] })
    const prompts = samPromptsOf(choices.sam, sourceOf(choices), frame)
    expect(prompts?.box).toEqual([-0.5, -0.5, 63.5, 31.5])
    expect(prompts?.points).toEqual([
      { x: -0.5, y: -0.5, label: 0 },
      { x: 23.5, y: 7.5, label: 1 }
    ])
  })

  it('lies in the square where the picture does, as log-odds', () => {
    const choices = withSam({ fromScores: { points: false, box: false, mask: true } })
    const prompts = samPromptsOf(choices.sam, sourceOf(choices), frame)
    expect(prompts).toMatchObject({ points: [], box: undefined })
    const mask = prompts?.mask
    expect(mask?.shape).toEqual([1, 1, 16, 16])
    // cells are 4 × 4 of the mask's; in the corner the first cell holds
    expect(mask?.data[0]).toBeCloseTo(-2)
    // the picture's right edge, and its middle from the left: between cells 1 and 2
    expect(mask?.data[15]).toBeCloseTo(-3)
    expect(mask?.data[7]).toBeCloseTo((0.3 * 5 + 0.1 * 3) / 8 / 0.1)
    // below it is what was filled up
    expect([...(mask?.data.subarray(8 * 16) ?? [])].every((value) => Math.abs(value + 3) < 1e-5)).toBe(true)
  })
})

describe('a run with prompts', () => {
  it('encodes the picture first, whole and scaled to the square, whatever is chosen for others', () => {
    const choices = withSam({ points: [{ x: 1, y: 1, label: 1 }] }, { modeKind: 'slide', scaling: 'original' })
    const first = promptedRun(16, undefined, picture, slots, choices)
    expect(first.request).toEqual({ mode: { kind: 'whole' }, scaling: 'published', samPrompts: undefined })
    expect(first.want).toEqual(['image_embedding'])
    const then = promptedRun(16, run, picture, slots, choices)
    expect(then.request.samPrompts).toHaveLength(1)
    expect(then.want).toContain(samTensor('low_res_masks_multi'))
    expect(samTensor('low_res_masks_multi')).toBe('low_res_masks_window_multi')
    expect(then.key).not.toBe(first.key)
  })

  it('is another one where what it is told differs, and the same where only the mask that is shown does', () => {
    const key = (choices: Choices): string => promptedRun(16, run, picture, slots, choices).key
    const told = withSam({ fromScores: { points: false, box: false, mask: true } })
    const variants = [
      told,
      { ...told, chosenClass: 'road' },
      { ...told, tau: 0.3 },
      { ...told, sam: { ...told.sam, threshold: 0.1 } }
    ].map(key)
    expect(new Set(variants).size).toBe(variants.length)
    expect(key({ ...told, sam: { ...told.sam, answer: 'single' } })).toBe(variants[0])
  })
})
