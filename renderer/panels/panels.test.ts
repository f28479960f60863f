import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Shell } from '#models/shell'
import { commands } from '../commands'
import { FakeClient, FakeEngine, fakeShell } from '../state/fake-engine'
import { openPaths } from '../state/open-paths'
import { start } from '../state/start.svelte'
import { Studio } from '../state/studio.svelte'
import CommandPalette from './CommandPalette.svelte'
import InStudio from './InStudio.test.svelte'
import KeyboardSheet from './KeyboardSheet.svelte'
import Models from './Models.svelte'
import Pictures from './Pictures.svelte'
import ProbePanel from './ProbePanel.svelte'
import StatusBar from './StatusBar.svelte'
import Tensors from './Tensors.svelte'

let engine: FakeEngine
let client: FakeClient
let shell: Shell
let studio: Studio

beforeEach(async () => {
  engine = new FakeEngine()
  client = new FakeClient(engine)
  shell = fakeShell()
  studio = new Studio(client, shell)
  await start(studio)
  await vi.waitFor(() => expect(studio.lead?.decoded).toBe(true))
})
afterEach(cleanup)

const show = (panel: typeof Models): void => void render(InStudio, { studio, panel })

describe('files', () => {
  it('that are broken are told in the slot they were meant for, and what was open stays', async () => {
    show(Models)
    await openPaths(studio, ['/downloads/broken.pth'])
    const card = await screen.findByTestId('model-error')
    expect(card.textContent).toContain('“broken.pth” ends before its archive does: copy it again.')
    expect(screen.getByTestId('model-card').textContent).toContain('mini-vit.pth')
    await fireEvent.click(within(card).getByRole('button', { name: 'Dismiss' }))
    expect(screen.queryByTestId('model-error')).toBeNull()
  })

  it('of a picture likewise', async () => {
    show(Pictures)
    await openPaths(studio, ['/pictures/broken.png'])
    expect((await screen.findByTestId('picture-error')).textContent).toContain('broken.png')
    expect(screen.getByText('day-0.png', { selector: 'strong' })).toBeDefined()
  })

  it('of several kinds are opened together, labels after their picture', async () => {
    const kinds = {
      '/a.png': 'picture',
      '/a-labels.png': 'labels',
      '/b.pth': 'checkpoint',
      '/x.txt': 'unknown'
    } as const
    shell.kindOfPath = async ({ path }) => kinds[path as keyof typeof kinds]
    await openPaths(studio, ['/a-labels.png', '/x.txt', '/b.pth', '/a.png'])
    expect(studio.choices.picturePath).toBe('/a.png')
    expect(studio.choices.labelsPath).toBe('/a-labels.png')
    expect(studio.lead?.fileName).toBe('b.pth')
    expect(studio.notices.list.map(({ text }) => text).join()).toContain('“x.txt” is neither')
  })

  it('are offered with the sample where nothing is open', async () => {
    studio.opener.closeModel(0)
    show(Models)
    expect(screen.getByText(/A DenseCLIP checkpoint goes here/)).toBeDefined()
    await fireEvent.click(screen.getByRole('button', { name: 'Open the sample' }))
    await waitFor(() => expect(studio.lead?.fileName).toBe('mini-vit.pth'))
  })
})

describe('the probe panel', () => {
  it('writes what the model says under the mouse, best class first', async () => {
    show(ProbePanel)
    expect(screen.getByText(/Move the mouse over the picture/)).toBeDefined()
    studio.hover({ x: 33.5, y: 17 })
    const table = await screen.findByRole('table')
    const rows = within(table)
      .getAllByRole('row')
      .map((row) => [...row.children].map((cell) => cell.textContent?.trim()))
    expect(rows[1]).toEqual(['car', '+0.300', '+4.00'])
    expect(rows[5]).toEqual(['road', '−0.100', '0.00'])
    expect(rows[6]).toEqual(['Margin', '+0.100', '+1.00'])
    expect(screen.getByText('row 1, column 2 of 4 × 4')).toBeDefined()
  })

  it('keeps the numbers of the last pin when the mouse has left', async () => {
    show(ProbePanel)
    studio.pin({ x: 1, y: 60 }, false)
    expect(await screen.findByText('row 3, column 0 of 4 × 4')).toBeDefined()
    expect(screen.getByRole('button', { name: 'Probe at pin 1' })).toBeDefined()
  })
})

describe('the status strip', () => {
  it('says what ran, where, and why a better provider did not', async () => {
    show(StatusBar)
    expect(screen.getByTestId('engine-state').textContent).toContain('Engine ready')
    await waitFor(() => expect(screen.getByTestId('provider').textContent).toContain('cpu · 2 threads'))
    expect(screen.getByTestId('provider').title).toBe('webgpu: no adapter found')
    const run = screen.getByTestId('last-run').textContent ?? ''
    expect(run.replace(/\s+/g, ' ')).toContain('image 210 ms, text 32 ms')
  })

  it('shows long work with a way to end it', async () => {
    show(StatusBar)
    engine.gate = new Promise(() => undefined)
    studio.choose({ gammaScale: 0.5 })
    expect(screen.queryByTestId('progress')).toBeNull()
    const progress = await screen.findByTestId('progress', {}, { timeout: 2000 })
    expect(progress.textContent).toContain('Running model A')
    const restart = vi.spyOn(shell, 'restartEngine')
    await fireEvent.click(within(progress).getByRole('button', { name: 'Cancel' }))
    // this run never notices, so its engine has to go
    await vi.waitFor(() => expect(restart).toHaveBeenCalledOnce(), { timeout: 2000 })
  })

  it('says that the engine died and goes on', async () => {
    show(StatusBar)
    client.restart()
    expect(studio.notices.list[0]?.text).toContain('The engine stopped (a test)')
  })
})

describe('commands', () => {
  it('are all in the palette, and those with keys on the sheet', async () => {
    studio.dialog = 'command-palette'
    show(CommandPalette)
    expect(screen.getAllByRole('option')).toHaveLength(commands.length - 1) // the palette itself is not
    cleanup()
    studio.dialog = 'keyboard-sheet'
    show(KeyboardSheet)
    const sheet = screen.getByTestId('keyboard-sheet').textContent ?? ''
    for (const { id } of commands.filter(({ keys }) => keys.length > 0)) {
      expect(sheet).toContain(studio.words.commands[id])
    }
  })

  it('have one name and one key each', () => {
    const ids = commands.map(({ id }) => id)
    const keys = commands.flatMap((command) => command.keys)
    expect(new Set(ids).size).toBe(ids.length)
    expect(new Set(keys).size).toBe(keys.length)
  })
})

describe('the list of tensors', () => {
  it('tells sizes as computed, and axes of what is not', () => {
    show(Tensors)
    const [scores] = screen.getAllByRole('listitem').filter((item) => item.textContent?.includes('score_map'))
    expect(scores?.textContent?.replace(/\s+/g, ' ')).toContain(`score_map ${studio.lead?.classes.length} × 4 × 4`)
    const [logits] = screen.getAllByRole('listitem').filter((item) => item.textContent?.includes('seg_logits'))
    expect(logits?.textContent).toContain('class × row × column')
  })
})
