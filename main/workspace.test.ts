import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MAX_STORED_BYTES } from './stored'
import { Workspace } from './workspace'

let folder: string
let workspace: Workspace
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'workspace-'))
  workspace = new Workspace(folder)
})
afterEach(() => rm(folder, { recursive: true }))

const PLACE = { x: 1, y: 2, width: 1300, height: 900, isMaximized: false, theme: 'dark' } as const

test('what was written is there at the next start', async () => {
  expect(await workspace.document.read()).toBeUndefined()
  await workspace.document.write({ view: 'heatmaps', classes: ['차'] })
  await workspace.window.write(PLACE)
  const next = new Workspace(folder)
  expect(await next.document.read()).toEqual({ view: 'heatmaps', classes: ['차'] })
  expect(await next.window.read()).toEqual(PLACE)
})

test('outputs of a file are mapped once, and the longest mapped files leave first', async () => {
  const hash = (number: number): string => number.toString(16).padStart(64, '0')
  for (let i = 0; i < 501; i++)
    await workspace.saveOutputMeanings(hash(i), { 'output:dense': 'logits', classes: i + 1 })
  await workspace.saveOutputMeanings(hash(1), { 'output:dense': 'score-map' })
  await workspace.saveOutputMeanings(hash(600), {})
  const next = new Workspace(folder)
  expect(await next.outputMeanings(hash(1))).toEqual({ 'output:dense': 'score-map' })
  expect(await next.outputMeanings(hash(500))).toEqual({ 'output:dense': 'logits', classes: 501 })
  expect(await next.outputMeanings(hash(2))).toBeUndefined()
  expect(await next.outputMeanings(hash(600))).toEqual({})
})

test('many writes at once leave the last one, whole', async () => {
  const writes = Array.from({ length: 20 }, (_, number) => workspace.document.write({ number }))
  expect(await workspace.document.read()).toEqual({ number: 19 })
  await Promise.all(writes)
  expect(await readdir(folder)).toEqual(['workspace.json'])
})

test('a file that is no JSON, or of another shape, is put aside', async () => {
  await writeFile(join(folder, 'workspace.json'), '{"view": "heat')
  expect(await workspace.document.read()).toBeUndefined()
  await writeFile(join(folder, 'window.json'), JSON.stringify({ ...PLACE, theme: 'pink' }))
  expect(await workspace.window.read()).toBeUndefined()
  expect((await readdir(folder)).sort()).toEqual(['window.json.broken', 'workspace.json.broken'])
})

test('a file that is too large is not read', async () => {
  await writeFile(join(folder, 'workspace.json'), '[]')
  await truncate(join(folder, 'workspace.json'), MAX_STORED_BYTES + 1)
  expect(await workspace.document.read()).toBeUndefined()
})

test('a value that is too large is refused, and the old one stays', async () => {
  await workspace.document.write({ number: 1 })
  await expect(workspace.document.write({ text: 'x'.repeat(MAX_STORED_BYTES) })).rejects.toThrow(/too large/)
  expect(JSON.parse(await readFile(join(folder, 'workspace.json'), 'utf8'))).toEqual({ number: 1 })
})

test('recent files: newest first, each once, at most twenty, none lost when two come at once', async () => {
  await Promise.all([
    workspace.addRecentFile({ path: '/a.pth', kind: 'checkpoint' }, 1),
    workspace.addRecentFile({ path: '/b.png', kind: 'picture' }, 2),
    workspace.addRecentFile({ path: '/a.pth', kind: 'checkpoint' }, 3)
  ])
  expect(await workspace.recentFiles()).toEqual([
    { path: '/a.pth', kind: 'checkpoint', openedAt: 3 },
    { path: '/b.png', kind: 'picture', openedAt: 2 }
  ])
  for (let number = 0; number < 30; number++) await workspace.addRecentFile({ path: `/${number}`, kind: 'picture' })
  expect(await workspace.recentFiles()).toHaveLength(20)
  await workspace.clearRecentFiles()
  expect(await workspace.recentFiles()).toEqual([])
})

test('settled waits for writes that nobody waits for', async () => {
  void workspace.document.write({ number: 1 })
  await workspace.settled()
  expect(await readdir(folder)).toEqual(['workspace.json'])
})
