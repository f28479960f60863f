import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeClient, FakeEngine, fakeShell } from '../state/fake-engine'
import { start } from '../state/start.svelte'
import { Studio } from '../state/studio.svelte'
import Classes from './Classes.svelte'
import InStudio from './InStudio.test.svelte'

let engine: FakeEngine
let studio: Studio

beforeEach(async () => {
  engine = new FakeEngine()
  studio = new Studio(new FakeClient(engine), fakeShell())
  await start(studio)
  render(InStudio, { studio, panel: Classes })
  await waitFor(() => expect(studio.lead?.presence).toBeDefined())
})
afterEach(cleanup)

const list = (): HTMLElement => screen.getByTestId('class-list')
const names = (): (string | undefined)[] =>
  screen.getAllByRole('option').map((row) => row.getAttribute('data-class') ?? undefined)
const nameField = (): Promise<HTMLElement> => screen.findByTestId('class-name')

describe('the class list', () => {
  it('is sorted by presence, or as the model has it', async () => {
    await waitFor(() => expect(names()).toEqual(['car', 'person', 'sky', 'building', 'road']))
    await fireEvent.click(screen.getByRole('radio', { name: 'List' }))
    expect(names()).toEqual(['road', 'building', 'sky', 'person', 'car'])
  })

  it('moves to the next class by arrow keys without running anything', async () => {
    const runs = engine.runs().length
    await fireEvent.keyDown(list(), { key: 'ArrowDown' })
    expect(studio.chosenName).toBe('person')
    await fireEvent.keyDown(list(), { key: 'End' })
    expect(studio.chosenName).toBe('road')
    expect(screen.getByRole('option', { selected: true }).getAttribute('data-class')).toBe('road')
    expect(engine.runs()).toHaveLength(runs)
  })

  it('is searched by typing, and Esc brings it back', async () => {
    for (const key of 'oA') await fireEvent.keyDown(list(), { key })
    expect(names()).toEqual(['road'])
    await fireEvent.keyDown(list(), { key: 'Escape' })
    expect(names()).toHaveLength(5)
    await fireEvent.input(screen.getByRole('searchbox'), { target: { value: 'zebra' } })
    expect(screen.getByText('No class has such a name.')).toBeDefined()
  })

  it('renames a class in place and runs with the new list', async () => {
    list().focus()
    await fireEvent.keyDown(list(), { key: 'F2' })
    const field = await nameField()
    await fireEvent.input(field, { target: { value: 'red car' } })
    await fireEvent.keyDown(field, { key: 'Enter' })
    await waitFor(() => expect(studio.chosenName).toBe('red car'))
    expect(studio.lead?.classes).toEqual(['road', 'building', 'sky', 'person', 'red car'])
    await waitFor(() => expect(engine.runs().at(-1)?.classes[4]).toBe('red car'))
    expect(screen.getByText('Edited')).toBeDefined()
  })

  it('says how many tokens fit, and takes no name that is too long, empty or there already', async () => {
    await fireEvent.keyDown(list(), { key: 'F2' })
    const field = await nameField()
    await fireEvent.input(field, { target: { value: 'one two three four' } })
    await fireEvent.keyDown(field, { key: 'Enter' })
    await waitFor(() => expect(screen.getByRole('alert').textContent).toBe('Too long: 4 tokens, 3 fit'))
    expect(field.getAttribute('aria-invalid')).toBe('true')
    await fireEvent.input(field, { target: { value: 'sky' } })
    await fireEvent.keyDown(field, { key: 'Enter' })
    await waitFor(() => expect(screen.getByRole('alert').textContent).toBe('This name is in the list already'))
    await fireEvent.keyDown(field, { key: 'Escape' })
    expect(screen.queryByTestId('class-name')).toBeNull()
    expect(studio.lead?.classes).toContain('car')
    expect(studio.canUndo).toBe(false)
  })

  it('adds, moves and removes classes, and goes back to the checkpoint’s own', async () => {
    await fireEvent.click(screen.getByRole('button', { name: 'Add a class' }))
    const field = await nameField()
    await fireEvent.input(field, { target: { value: 'bus' } })
    await fireEvent.keyDown(field, { key: 'Enter' })
    await waitFor(() => expect(studio.chosenName).toBe('bus'))
    await fireEvent.click(screen.getByRole('radio', { name: 'List' }))
    await fireEvent.keyDown(list(), { key: 'ArrowUp', altKey: true })
    expect(names()).toEqual(['road', 'building', 'sky', 'person', 'bus', 'car'])
    await fireEvent.keyDown(list(), { key: 'Delete' })
    expect(names()).toEqual(['road', 'building', 'sky', 'person', 'car'])
    await fireEvent.keyDown(list(), { key: 'Delete' })
    await fireEvent.click(screen.getByRole('button', { name: 'Back to the checkpoint’s classes' }))
    expect(names()).toHaveLength(5)
    expect(studio.choices.models[0]?.classes).toBeUndefined()
  })
})
