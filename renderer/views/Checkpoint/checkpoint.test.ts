import { describe, expect, it } from 'vitest'
import type { Inspection } from '#models/doctor-api'
import type { ComparedKey } from '#models/checkpoints/comparison'
import { comparisonCsv, ordered } from './compared'
import { flagCounts, keysOf } from './entries'
import { writtenValue } from './setting-value'
import { rowsOf, treeOf } from './tree'

const entry = (name: string, ...shape: number[]) => ({ name, dtype: 'float16', shape }) as const

const inspection: Inspection = {
  path: '/a.pth',
  fileName: 'a.pth',
  fileBytes: 1,
  hash: '',
  format: 'pytorch',
  container: [],
  otherContainers: ['ema'],
  detection: {
    system: 'clip',
    summary: '',
    reason: '',
    facts: [],
    classes: [],
    tensors: [],
    missing: ['visual.proj'],
    unexpected: ['extra'],
    renamed: [
      { name: 'visual.conv1.weight', stored: ['module.visual.conv1.weight'] },
      { name: 'in_proj', stored: ['module.q', 'module.k'] },
      { name: 'extra', stored: ['module.extra'] }
    ],
    resized: [{ name: 'positions', stored: [4, 4], by: 'bilinear', untouchedFor: 64 }],
    needs: [],
    alternatives: []
  },
  refusal: undefined,
  entries: [
    entry('module.visual.conv1.weight', 8, 3, 2, 2),
    entry('module.q', 2),
    entry('module.k', 2),
    entry('module.extra'),
    entry('positions', 17, 8)
  ],
  otherEntries: [entry('ema.positions', 17, 8)],
  parameterCount: 0,
  notFinite: 1,
  notFiniteIn: [{ name: 'positions', count: 1 }],
  notes: []
}

describe('keys of a file', () => {
  const keys = keysOf(inspection)

  it('carry what is to be said of them, and missing ones come last', () => {
    expect(keys.map(({ name, usedAs, flags }) => [name, usedAs, flags])).toEqual([
      ['module.visual.conv1.weight', 'visual.conv1.weight', ['renamed']],
      ['module.q', 'in_proj', ['renamed']],
      ['module.k', 'in_proj', ['renamed']],
      ['module.extra', 'extra', ['unexpected', 'renamed']],
      ['positions', undefined, ['not-finite', 'resized']],
      ['ema.positions', undefined, ['beside']],
      ['visual.proj', undefined, ['missing']]
    ])
    expect(keys[0]).toMatchObject({ parameters: 96, bytes: 192 })
    expect(flagCounts(keys)).toContainEqual({ flag: 'renamed', count: 4 })
  })

  it('of a file that no family knows have no flags', () => {
    const unknown = keysOf({ ...inspection, detection: undefined, notFiniteIn: undefined, otherEntries: [] })
    expect(unknown.flatMap(({ flags }) => flags)).toEqual([])
    expect(unknown).toHaveLength(5)
  })

  it('are a tree by the parts of their names, where what has one child is one line', () => {
    const tree = treeOf(keys)
    const lines = (open: boolean) =>
      rowsOf(tree, () => open).map(({ node, depth }) => `${'  '.repeat(depth)}${node.label} ${node.parameters}`)
    expect(lines(false)).toEqual(['module 101', 'positions 136', 'ema 136', 'visual 0'])
    expect(lines(true)).toEqual([
      'module 101',
      '  visual.conv1 96',
      '    weight 96',
      '  q 2',
      '  k 2',
      '  extra 1',
      'positions 136',
      'ema 136',
      '  positions 136',
      'visual 0',
      '  proj 0'
    ])
  })

  it('may be a leaf and a branch at once, or have no name', () => {
    const odd = keysOf({ ...inspection, detection: undefined, entries: [entry('a', 1), entry('a.b', 2), entry('', 3)] })
    expect(rowsOf(treeOf(odd), () => true).map(({ node }) => [node.path, node.parameters])).toEqual([
      ['a', 1],
      ['a', 2],
      ['a.b', 2],
      ['', 3],
      ['ema', 136],
      ['ema.positions', 136]
    ])
  })
})

describe('a comparison', () => {
  const row = (name: string, relativeL2: number | undefined, maxAbs: number): ComparedKey => ({
    name,
    status: 'differs',
    first: { name, dtype: 'float32', shape: [2, 3] },
    second: undefined,
    difference: { relativeL2, maxAbs, notFinite: 0 }
  })
  const rows = [row('b', 0.1, 5), row('=a,"1"', 0.5, 1), { ...row('c', 0, 0), difference: undefined }]

  it('is ordered by each column', () => {
    const names = (order: Parameters<typeof ordered>[1]) => ordered(rows, order).map(({ name }) => name)
    expect(names('file')).toEqual(['b', '=a,"1"', 'c'])
    expect(names('name')).toEqual(['=a,"1"', 'b', 'c'])
    expect(names('relativeL2')).toEqual(['c', '=a,"1"', 'b'])
    expect(names('maxAbs')).toEqual(['c', 'b', '=a,"1"'])
  })

  it('is written for spreadsheets, where no name becomes a formula', () => {
    const [, first, second, third] = comparisonCsv(rows).split('\r\n')
    expect(first).toBe('b,differs,0.1,5,0,b,float32,2x3,,,')
    expect(second).toMatch(/^"'=a,""1""",differs,0\.5,1,0,/)
    expect(third).toMatch(/^c,differs,,,,c,/)
  })
})

describe('what is written as a value', () => {
  it('is of the kind that the setting has, or goes on as it is', () => {
    expect(writtenValue(' 12 ', 8)).toBe(12)
    expect(writtenValue('0.07', 0.1)).toBe(0.07)
    expect(writtenValue('hot', 8)).toBe('hot')
    expect(writtenValue('', 8)).toBe('')
    expect(writtenValue('2, 5 8', [1])).toEqual([2, 5, 8])
    expect(writtenValue('gelu', 'quick_gelu')).toBe('gelu')
    expect(['4', '1, 3', 'gelu'].map((text) => writtenValue(text, undefined))).toEqual([4, [1, 3], 'gelu'])
  })
})
