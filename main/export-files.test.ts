import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ExportFile } from '#models/shell'
import { exportDestinations, unaskedReplacements, writeExport } from './export-files'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-'))
})
afterEach(() => rm(folder, { recursive: true }))

const file = (extension: string, text: string): ExportFile => ({ extension, bytes: new TextEncoder().encode(text) })
const FILES = [file('svg', '<svg/>'), file('json', '{}')]

test('files go beside each other under the chosen name', () => {
  const paths = (chosen: string) => exportDestinations(chosen, FILES).map(({ path }) => path)
  expect(paths(join('a', 'car.svg'))).toEqual([join('a', 'car.svg'), join('a', 'car.json')])
  expect(paths(join('a', 'car.SVG'))).toEqual([join('a', 'car.svg'), join('a', 'car.json')])
  expect(paths(join('a', 'car'))).toEqual([join('a', 'car.svg'), join('a', 'car.json')])
  expect(paths(join('a', 'gamma 0.5'))).toEqual([join('a', 'gamma 0.5.svg'), join('a', 'gamma 0.5.json')])
})

test('only what the person was not asked about has to be asked', async () => {
  const chosen = join(folder, 'car.svg')
  expect(unaskedReplacements(chosen, exportDestinations(chosen, FILES))).toEqual([])
  await writeFile(chosen, 'old')
  expect(unaskedReplacements(chosen, exportDestinations(chosen, FILES))).toEqual([])
  await writeFile(join(folder, 'car.json'), 'old')
  expect(unaskedReplacements(chosen, exportDestinations(chosen, FILES))).toEqual(['car.json'])
  // the ending was added to the name, so the file of that name is not the one that was chosen
  const named = join(folder, 'car')
  expect(unaskedReplacements(named, exportDestinations(named, FILES))).toEqual(['car.svg', 'car.json'])
})

test('all files are written, and nothing else stays behind', async () => {
  await writeExport(exportDestinations(join(folder, 'car.svg'), FILES))
  expect((await readdir(folder)).sort()).toEqual(['car.json', 'car.svg'])
  expect(await readFile(join(folder, 'car.json'), 'utf8')).toBe('{}')
})

test('a folder that is not there is an error that says so, and leaves nothing', async () => {
  const nowhere = exportDestinations(join(folder, 'missing', 'car.svg'), FILES)
  await expect(writeExport(nowhere)).rejects.toThrow(/car\.svg cannot be written there .*choose another folder/)
  expect(await readdir(folder)).toEqual([])
})

test('where one file cannot be written, the others stay as they were', async () => {
  await writeFile(join(folder, 'car.svg'), 'old')
  const destinations = [
    { path: join(folder, 'car.svg'), bytes: new TextEncoder().encode('new') },
    { path: join(folder, 'missing', 'car.json'), bytes: new TextEncoder().encode('{}') }
  ]
  await expect(writeExport(destinations)).rejects.toThrow()
  expect(await readFile(join(folder, 'car.svg'), 'utf8')).toBe('old')
  expect(await readdir(folder)).toEqual(['car.svg'])
})
