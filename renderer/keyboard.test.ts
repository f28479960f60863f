import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { listenToKeys, matches, shownKeys } from './keyboard'
import { FakeClient, FakeEngine, fakeShell } from './state/fake-engine'
import { start } from './state/start.svelte'
import { Studio } from './state/studio.svelte'

const press = (init: KeyboardEventInit, target: EventTarget = document.body): KeyboardEvent => {
  const event = new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init })
  target.dispatchEvent(event)
  return event
}

describe('keys', () => {
  it('are Ctrl on a PC and ⌘ on a Mac', () => {
    const event = (init: KeyboardEventInit) => new KeyboardEvent('keydown', init)
    expect(matches(event({ key: 'k', ctrlKey: true }), 'Mod+K', 'linux')).toBe(true)
    expect(matches(event({ key: 'k', ctrlKey: true }), 'Mod+K', 'darwin')).toBe(false)
    expect(matches(event({ key: 'k', metaKey: true }), 'Mod+K', 'darwin')).toBe(true)
    expect(matches(event({ key: 'Z', ctrlKey: true, shiftKey: true }), 'Mod+Z', 'linux')).toBe(false)
    expect(matches(event({ key: 'Z', ctrlKey: true, shiftKey: true }), 'Shift+Mod+Z', 'linux')).toBe(true)
    expect(matches(event({ key: '?', shiftKey: true }), '?', 'linux')).toBe(true)
    expect(shownKeys('Shift+Mod+Z', 'linux')).toBe('Ctrl+Shift+Z')
    expect(shownKeys('Shift+Mod+Z', 'darwin')).toBe('⇧⌘Z')
  })
})

describe('the keyboard', () => {
  let studio: Studio
  let engine: FakeEngine
  let stop: () => void
  beforeEach(async () => {
    engine = new FakeEngine()
    studio = new Studio(new FakeClient(engine), fakeShell())
    await start(studio)
    await vi.waitFor(() => expect(studio.session.tasks.list).toHaveLength(0))
    await vi.waitFor(() => expect(studio.lead?.decoded).toBe(true))
    stop = listenToKeys(studio)
  })
  afterEach(() => {
    stop()
    document.body.replaceChildren()
  })

  it('shows overlays by letters, but leaves letters to text fields', () => {
    press({ key: 'd' })
    expect(studio.heatmaps.overlay).toBe('decoder-argmax')
    const field = document.createElement('input')
    document.body.append(field)
    press({ key: 's' }, field)
    press({ key: 'z', ctrlKey: true }, field)
    expect(studio.heatmaps.overlay).toBe('decoder-argmax')
    expect(press({ key: 'k', ctrlKey: true }, field).defaultPrevented).toBe(true)
    expect(studio.dialog).toBe('command-palette')
  })

  it('shows the bare picture while Space is held', () => {
    press({ key: ' ' })
    expect(studio.bare).toBe(true)
    window.dispatchEvent(new KeyboardEvent('keyup', { key: ' ' }))
    expect(studio.bare).toBe(false)
  })

  it('ends by Esc what runs, and clears the pins only when nothing does', async () => {
    studio.pin({ x: 1, y: 1 }, false)
    engine.gate = new Promise((_, reject) => setTimeout(reject, 30, new Error('late')))
    studio.choose({ gammaScale: 0 })
    press({ key: 'Escape' })
    expect(studio.pins).toHaveLength(1)
    await vi.waitFor(() => expect(studio.session.tasks.list).toHaveLength(0))
    expect(studio.lead?.old).toBe(true)
    press({ key: 'Escape' })
    expect(studio.pins).toHaveLength(0)
  })
})
