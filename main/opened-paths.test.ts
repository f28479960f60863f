import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { pathsOfArguments } from './opened-paths'

const folder = resolve('/somewhere')

test('files of an installed studio', () => {
  const words = ['/opt/studio', '--enable-logging', 'model.pth', '/data/a.png']
  expect(pathsOfArguments(words, folder)).toEqual([resolve(folder, 'model.pth'), resolve('/data/a.png')])
  expect(pathsOfArguments(['/opt/studio'], folder)).toEqual([])
})

test('files of a studio that runs from its sources: Electron’s own words come first', () => {
  const words = ['/dist/electron', '--no-sandbox', '-r', '/loader.js', '.', 'model.pth']
  expect(pathsOfArguments(words, folder, folder)).toEqual([resolve(folder, 'model.pth')])
  expect(pathsOfArguments(['/dist/electron', '/somewhere'], '/elsewhere', folder)).toEqual([])
})
