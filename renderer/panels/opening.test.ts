import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ModelInfo } from '#models/api'
import { FakeClient, FakeEngine, FAKE_TENSORS, fakeShell } from '../state/fake-engine'
import { openBeside } from '../state/side-by-side'
import { start } from '../state/start.svelte'
import { Studio } from '../state/studio.svelte'
import ClassNames from './ClassNames.svelte'
import DropZone from './DropZone.svelte'
import InStudio from './InStudio.test.svelte'
import Models from './Models.svelte'
import Tensors from './Tensors.svelte'

const TEXT = { name: 'text_embedding', kind: 'text-embedding', axes: [], unit: 'feature', meaning: 't' } as const
const TRUNK: Partial<ModelInfo> = {
  system: 'imagenet-resnet',
  summary: 'ResNet 3-4-6-3, width 64',
  classes: [],
  nameTokens: undefined,
  tensors: FAKE_TENSORS.slice(0, 1)
}

let engine: FakeEngine
let shell: ReturnType<typeof fakeShell>
let studio: Studio
beforeEach(async () => {
  engine = new FakeEngine()
  engine.opensAs = ({ path, companions }) => {
    if (path.includes('trunk')) return TRUNK
    if (path.includes('coop') && !companions?.clip) return { system: 'coop', classes: [], tensors: [], needs: ['clip'] }
    if (path.includes('clip'))
      return { system: 'clip', alternatives: ['clip', 'maskclip'], classes: [], tensors: [TEXT] }
    return { tensors: [TEXT, ...FAKE_TENSORS] }
  }
  shell = fakeShell()
  studio = new Studio(new FakeClient(engine), shell)
  await start(studio)
  await vi.waitFor(() => expect(studio.lead?.decoded).toBe(true))
})
afterEach(cleanup)

const show = (panel: typeof Models): void => void render(InStudio, { studio, panel })
const card = (letter: string) => screen.getByRole('article', { name: `Model ${letter}` })

describe('the card of a model', () => {
  it('says which system it is, and what it does not give', async () => {
    await openBeside(studio, { path: '/trunk.pth' })
    show(Models)
    expect(within(card('A')).getByTestId('model-system').textContent).toBe('DenseCLIP')
    expect(within(card('B')).getByTestId('model-system').textContent).toBe('ImageNet ResNet')
    const about = within(card('B')).getByTestId('model-about').textContent
    expect(about).toContain('Score map: nothing in it shares a space with words.')
    expect(about).toContain('Look at features, PCA and similar cells.')
    expect(within(card('A')).getByTestId('model-about').textContent).not.toContain('Does not give')
  })

  it('is where to look while a model gives no tensors', async () => {
    await studio.opener.openModel({ path: '/coop.pth' })
    render(InStudio, { studio, panel: Tensors })
    expect(screen.getByTestId('tensors').textContent).toContain('It gives no tensors yet: its card says what it lacks.')
  })

  it('asks for a file, and offers the open models whose files could be it', async () => {
    await openBeside(studio, { path: '/coop.pth' })
    show(Models)
    shell.chooseFiles = async () => ['/chosen.pth']
    const needs = within(card('B')).getByTestId('model-needs')
    expect(needs.textContent).toContain('The CLIP that it was trained on')
    expect(within(needs).queryByRole('button', { name: /^Use/ })).toBeNull()
    await openBeside(studio, { path: '/clip.pth' })
    expect(await within(needs).findByRole('button', { name: 'Use clip.pth (C)' })).toBeDefined()
    await fireEvent.click(within(needs).getByRole('button', { name: 'Choose the CLIP…' }))
    await waitFor(() => expect(studio.choices.models[1]?.companions).toEqual({ clip: '/chosen.pth' }))
    await waitFor(() => expect(within(card('B')).queryByTestId('model-needs')).toBeNull())
    expect(card('B').textContent).toContain('chosen.pth')
  })
})

describe('class names', () => {
  it('are refused where one has more tokens than fit, comes twice, or their number is another', async () => {
    studio.dialog = 'class-names'
    show(ClassNames)
    const field = screen.getByRole('textbox')
    const apply = screen.getByRole('button', { name: 'Use these names' })
    const status = screen.getByRole('status')
    await fireEvent.input(field, { target: { value: 'road, sky, road' } })
    expect(status.textContent).toContain('“road” is there twice')
    expect(apply).toHaveProperty('disabled', true)
    await fireEvent.input(field, { target: { value: 'road, a very long name' } })
    await fireEvent.click(apply)
    await waitFor(() => expect(status.textContent).toContain('“a very long name”: Too long: 4 tokens, 3 fit'))
    expect(studio.dialog).toBe('class-names')
    await fireEvent.click(await screen.findByRole('button', { name: /Streets/ }))
    expect(status.textContent?.trim()).toBe('2 given')
    await fireEvent.click(apply)
    await waitFor(() => expect(studio.choices.models[0]?.classes).toEqual(['road', 'sky']))
    expect(studio.dialog).toBeUndefined()
  })
})

describe('dragged files', () => {
  it('say where they would go: in the place of A, or beside it with Shift', async () => {
    show(DropZone)
    const drag = (shiftKey: boolean) => {
      const event = new Event('dragover', { bubbles: true, cancelable: true })
      Object.assign(event, { dataTransfer: { types: ['Files'], dropEffect: '' }, shiftKey })
      return fireEvent(window, event)
    }
    await drag(false)
    expect(screen.getByRole('status').textContent).toContain('A checkpoint takes the place of model A.')
    await drag(true)
    expect(screen.getByRole('status').textContent).toContain('Drop checkpoints to open them beside')
  })
})
