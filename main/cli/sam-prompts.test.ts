import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeNpy } from '#models/checkpoints/npy'
import { float32Tensor } from '#models/tensor'
import { readSamPrompts } from './sam-prompts'

const SYSTEMS = resolve('../shared/golden-systems')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sam-prompts-'))
  await writeFile(join(folder, 'mask.npy'), encodeNpy(float32Tensor([1, 2, 2], Float32Array.of(1, 2, 3, 4))))
  await writeFile(join(folder, 'masks.npy'), encodeNpy(float32Tensor([3, 2, 2])))
})
afterAll(() => rm(folder, { recursive: true }))

async function read(prompts: unknown) {
  const path = join(folder, 'prompts.json')
  await writeFile(path, JSON.stringify(prompts))
  return readSamPrompts(`@file:${path}`)
}

describe('prompts for SAM', () => {
  it('are points with labels, a box and a mask beside the file, each if it is there', async () => {
    const sets = await read({
      two: {
        points: [
          [1.5, 2],
          [3, 4]
        ],
        labels: [1, 0]
      },
      all: { points: [[5, 6]], labels: [1], box: [0, 1, 10, 11], mask: 'mask.npy' }
    })
    expect(sets).toEqual([
      {
        name: 'two',
        points: [
          { x: 1.5, y: 2, label: 1 },
          { x: 3, y: 4, label: 0 }
        ],
        box: undefined,
        mask: undefined
      },
      {
        name: 'all',
        points: [{ x: 5, y: 6, label: 1 }],
        box: [0, 1, 10, 11],
        mask: float32Tensor([1, 1, 2, 2], Float32Array.of(1, 2, 3, 4))
      }
    ])
  })

  it.each<[string, unknown, RegExp]>([
    ['nothing', {}, /holds no prompts/],
    ['no object', { a: [1, 2] }, /a should be an object/],
    ['fewer labels than points', { a: { points: [[1, 2]] } }, /as many labels/],
    ['labels that are none', { a: { points: [[1, 2]], labels: [2] } }, /1 for inside and 0 for outside/],
    ['points that are none', { a: { points: [[1]], labels: [1] } }, /points \[\[x, y\]/],
    ['a box of three', { a: { box: [1, 2, 3] } }, /a box \[left, top/],
    ['a mask without a file', { a: { mask: 3 } }, /\.npy file/],
    ['several masks', { a: { mask: 'masks.npy' } }, /masks\.npy: a mask should be/],
    ['a mask that is no array', { a: { mask: 'prompts.json' } }, /prompts\.json: a mask should be/],
    ['a word that is misspelt', { a: { pionts: [] } }, /has pionts, but/]
  ])('are refused: %s', async (_, prompts, reason) => {
    await expect(read(prompts)).rejects.toThrow(reason)
  })
})

interface Listed {
  readonly tensors: Readonly<Record<string, { readonly shape: readonly number[] }>>
  readonly samPrompts?: readonly object[]
}

describe.skipIf(!existsSync(SYSTEMS))('tensors with --sam-prompts (needs ../shared)', () => {
  it('writes what each set gives under its name', async () => {
    const place = join(SYSTEMS, 'sam')
    const out = join(folder, 'out')
    const given = ['--input', 'input.npy', '--config', '@file:config.json', '--sam-prompts', '@file:sam_prompts.json']
    const words = ['tensors', 'checkpoint.pth', ...given, '--out', out]
    const env = { ...process.env, DENSECLIP_STUDIO_DATA: join(folder, 'data') }
    const program = resolve('scripts/cli.mjs')
    expect(await promisify(execFile)(process.execPath, [program, ...words], { cwd: place, env })).toEqual({
      stdout: '',
      stderr: ''
    })
    const readJson = async (path: string) => JSON.parse(await readFile(path, 'utf8')) as Listed
    const expected = await readJson(join(place, 'case.json'))
    const listed = await readJson(join(out, 'tensors.json'))
    for (const [name, { shape }] of Object.entries(expected.tensors)) {
      expect([name, listed.tensors[name]]).toEqual([name, expect.objectContaining({ shape, dtype: 'float32' })])
    }
    expect(await readdir(out)).toEqual(
      expect.arrayContaining(Object.keys(expected.tensors).map((name) => `${name}.npy`))
    )
    expect(listed.samPrompts).toContainEqual(expect.objectContaining({ name: 'mask', mask: true }))
  })
})
