import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LearnedContexts } from '#models/api'
import { FakeClient, FakeEngine, fakeModel, fakeShell } from '../state/fake-engine'
import { start } from '../state/start.svelte'
import { Studio } from '../state/studio.svelte'
import InStudio from './InStudio.test.svelte'
import Inspector from './Inspector.svelte'

let engine: FakeEngine
let studio: Studio

async function open(learnedContexts?: LearnedContexts): Promise<void> {
  engine = new FakeEngine()
  if (learnedContexts) engine.openModel = async ({ path }) => ({ ...fakeModel(path, 1), learnedContexts })
  studio = new Studio(new FakeClient(engine), fakeShell())
  await start(studio)
  await vi.waitFor(() => expect(studio.lead?.decoded).toBe(true))
  render(InStudio, { studio, panel: Inspector })
  await fireEvent.click(screen.getByRole('button', { name: 'Learned contexts' }))
}

const asked = (): unknown[] =>
  engine.calls.filter(({ method }) => method === 'nearestWords').map(({ request }) => request)
const rows = (): (string | undefined)[][] =>
  [...screen.getByTestId('contexts').querySelectorAll('tbody tr')].map((row) =>
    [...row.children].map((cell) => cell.textContent?.trim())
  )

beforeEach(() => vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText: vi.fn(async () => undefined) } }))
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

describe('the words of learned contexts', () => {
  it('stand a line a vector, the others behind it', async () => {
    await open()
    await waitFor(() => expect(rows()).toHaveLength(2))
    expect(rows()).toEqual([
      ['v1', 'word 1-', '0.250', '25.0\u202f%'],
      ['v2', 'word 1-', '0.250', '25.0\u202f%']
    ])
    await fireEvent.click(screen.getByRole('button', { name: 'More words near v2' }))
    expect(rows().slice(1, 4)).toEqual([
      ['v2', 'word 1-', '0.250', '25.0\u202f%'],
      ['', 'word 2', '0.500', ''],
      ['', 'word 3', '0.750', '']
    ])
    await fireEvent.click(screen.getByRole('button', { name: 'Copy the table' }))
    expect(navigator.clipboard.writeText).toHaveBeenCalledWith(expect.stringMatching(/^vector\tmedian\tword 1/))
  })

  it('are asked for by the metric that is chosen, which the document keeps', async () => {
    await open()
    await fireEvent.click(screen.getByRole('radio', { name: 'Cosine' }))
    await waitFor(() => expect(asked().at(-1)).toMatchObject({ metric: 'cosine' }))
    expect(studio.choices.contexts.metric).toBe('cosine')
    // +0.250 of a median of 1: farther than most
    expect((await screen.findByTestId('contexts-little')).textContent).toContain('v1, v2')
  })

  it('of classes with contexts of their own follow the chosen class', async () => {
    await open({ count: 2, classes: 5, ofPicture: undefined })
    studio.choose({ chosenClass: 'sky' })
    await waitFor(() => expect(asked().at(-1)).toMatchObject({ classIndex: 2 }))
    expect(await screen.findByText(/Of the class sky, 3 of 5/)).toBeDefined()
  })

  it('of contexts that depend on the picture are its own, or those that were learned', async () => {
    await open({ count: 2, classes: undefined, ofPicture: 'instance_contexts' })
    await waitFor(() => expect(asked().at(-1)).toMatchObject({ run: studio.lead?.run?.id }))
    await fireEvent.click(screen.getByRole('radio', { name: 'Learned' }))
    await waitFor(() => expect(asked().at(-1)).toMatchObject({ run: undefined }))
  })
})
