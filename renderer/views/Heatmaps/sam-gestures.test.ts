import { beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeClient, FakeEngine, fakeShell } from '../../state/fake-engine'
import { start } from '../../state/start.svelte'
import { Studio } from '../../state/studio.svelte'
import { SamGestures } from './sam-gestures.svelte'

let studio: Studio
let gestures: SamGestures
const press = (key: string, more: KeyboardEventInit = {}): boolean =>
  gestures.key(new KeyboardEvent('keydown', { key, ...more }))
const points = () => studio.choices.sam.points

beforeEach(async () => {
  studio = new Studio(new FakeClient(new FakeEngine()), fakeShell())
  await start(studio)
  await vi.waitFor(() => expect(studio.picture.info).toBeDefined())
  gestures = new SamGestures(studio)
})

describe('keys in the picture of SAM', () => {
  it('set a point under the mouse, at the last pin, or in the middle of the view', () => {
    expect(press('Enter')).toBe(true)
    // the picture is of 64 × 64
    expect(points()).toEqual([{ x: 32, y: 32, label: 1 }])
    studio.pin({ x: 5, y: 6 }, false)
    press('Enter', { altKey: true })
    expect(points()[1]).toEqual({ x: 5, y: 6, label: 0 })
    studio.hover({ x: 7, y: 8 })
    press('Enter')
    expect(points()[2]).toEqual({ x: 7, y: 8, label: 1 })
  })

  it('take back the last point, then the box, and leave other keys alone', () => {
    studio.chooseSam({ points: [{ x: 1, y: 1, label: 1 }], box: [0, 0, 9, 9] })
    expect(press('Backspace')).toBe(true)
    expect(studio.choices.sam).toMatchObject({ points: [], box: [0, 0, 9, 9] })
    press('Delete')
    expect(studio.choices.sam.box).toBeUndefined()
    expect(press('a')).toBe(false)
    expect(press('Enter', { ctrlKey: true })).toBe(false)
    studio.undo()
    expect(studio.choices.sam.box).toEqual([0, 0, 9, 9])
  })
})

describe('a box', () => {
  it('is drawn from any corner, and chosen when the drag is over', () => {
    gestures.drawBox({ x: 40, y: 30 }, { x: 10, y: 50 }, false)
    expect(gestures.draft).toEqual([10, 30, 40, 50])
    expect(studio.choices.sam.box).toBeUndefined()
    gestures.drawBox({ x: 40, y: 30 }, { x: 10, y: 50 }, true)
    expect(gestures.draft).toBeUndefined()
    expect(studio.choices.sam.box).toEqual([10, 30, 40, 50])
  })

  it('of no area is none', () => {
    gestures.drawBox({ x: 40, y: 30 }, { x: 40.5, y: 60 }, true)
    expect(studio.choices.sam.box).toBeUndefined()
  })
})

it('a dragged point is one step to undo', () => {
  gestures.addPoint({ x: 1, y: 1 }, 0)
  for (const x of [2, 3, 4]) gestures.movePoint(0, { x, y: 1 })
  expect(points()).toEqual([{ x: 4, y: 1, label: 0 }])
  studio.undo()
  expect(points()).toEqual([{ x: 1, y: 1, label: 0 }])
})
