import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine } from '../../main/engine/engine'
import { readSamPrompts } from '../../main/cli/sam-prompts'
import { openFile } from '../../main/files'
import type { Engine, RunRequest } from '../api'
import { openNpy } from '../checkpoints/npy'
import { toFloat32, type Tensor } from '../tensor'
import type { Overrides } from './architecture'

/* SAM's golden cases: the picture encoder, and every set of prompts through prompt encoder and mask decoder. */

const SYSTEMS = resolve(import.meta.dirname, '../../../shared/golden-systems')
/** relative L2 error of a whole tensor in float32 */
const TOLERANCE = 1e-4

interface Case {
  readonly tensors: Readonly<Record<string, { readonly file: string; readonly shape: readonly number[] }>>
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

async function readNpy(path: string): Promise<Tensor> {
  const file = await openFile(path)
  try {
    return await (await openNpy(file)).read()
  } finally {
    await file.close()
  }
}

function relativeError(got: Tensor, expected: Tensor): number {
  const values = toFloat32(got).data
  let difference = 0
  let norm = 0
  for (const [i, value] of toFloat32(expected).data.entries()) {
    difference += ((values[i] ?? NaN) - value) ** 2
    norm += value ** 2
  }
  return Math.sqrt(difference / norm)
}

describe.skipIf(!existsSync(SYSTEMS))('golden SAM (needs ../shared)', () => {
  let folder: string
  let engine: Engine
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sam-golden-'))
    engine = createEngine({ cacheFolder: folder, threads: 2 })
    await engine.useProvider({ provider: 'cpu' })
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function requestOf(name: string): Promise<RunRequest> {
    const place = join(SYSTEMS, name)
    const overrides = readJson(join(place, 'config.json')) as Overrides
    const model = await engine.openModel({ path: join(place, 'checkpoint.pth'), overrides })
    expect(model).toMatchObject({ system: 'sam', missing: [] })
    const picture = await engine.openPicture({ path: join(place, 'input.npy') })
    return {
      model: model.id,
      picture: picture.id,
      classes: [],
      gammaScale: 1,
      mode: { kind: 'whole' },
      scaling: 'published',
      samPrompts: await readSamPrompts(join(place, 'sam_prompts.json')),
      want: []
    }
  }

  it.each(['sam', 'sam-interpolated'])('%s', async (name) => {
    const { tensors } = readJson(join(SYSTEMS, name, 'case.json')) as Case
    const run = await engine.run({ ...(await requestOf(name)), want: Object.keys(tensors) })
    const errors: Record<string, number> = {}
    for (const [tensor, { file, shape }] of Object.entries(tensors)) {
      const got = await engine.tensor({ run: run.id, name: tensor })
      expect([tensor, got.dtype, got.shape]).toEqual([tensor, 'float32', shape])
      errors[tensor] = relativeError(got, await readNpy(join(SYSTEMS, name, file)))
    }
    expect(Object.keys(errors)).toHaveLength(13)
    expect(Object.entries(errors).filter(([, error]) => !(error <= TOLERANCE))).toEqual([])
  })

  it('encodes the picture once, whatever is asked about it', async () => {
    const request = await requestOf('sam')
    const stagesFor = async (x: number) => {
      const samPrompts = [{ name: 'click', points: [{ x, y: 50, label: 1 as const }] }]
      const { stages } = await engine.run({ ...request, samPrompts, want: ['low_res_masks_click_multi'] })
      return stages.map(({ id, reused }) => [id, reused])
    }
    await stagesFor(100)
    expect(await stagesFor(101)).toEqual([
      ['image_encoder', true],
      ['prompt_encoder', false],
      ['mask_decoder', false]
    ])
    expect((await stagesFor(100)).every(([, reused]) => reused)).toBe(true)
  })

  it('scales a picture by its long side and fills the square with zeros', async () => {
    const request = await requestOf('sam')
    const path = resolve(SYSTEMS, '../golden/pictures/wide.png')
    const picture = await engine.openPicture({ path })
    const run = await engine.run({ ...request, picture: picture.id, want: ['image_embedding'] })
    const height = Math.round((256 * picture.height) / picture.width)
    expect([picture.width > picture.height, run.inputWidth, run.inputHeight]).toEqual([true, 256, height])
    expect([run.paddedWidth, run.paddedHeight]).toEqual([256, 256])
    const colours = await engine.pcaRgb({ run: run.id, name: 'image_embedding' })
    expect([colours.rows, colours.columns]).toEqual([16, 16])
    // joined, the grid lies over the picture alone
    const joined = await engine.pcaRgb({
      run: run.id,
      name: 'image_embedding',
      beside: { run: run.id, name: 'image_embedding' }
    })
    expect([joined.rows, joined.columns]).toEqual([Math.round((16 * height) / 256), 16])
    const { shape, data } = await engine.tensor({ run: run.id, name: 'image' })
    expect(shape).toEqual([1, 3, 256, 256])
    const rows = Array.from({ length: 256 }, (_, y) => data.slice(y * 256, (y + 1) * 256).some((value) => value !== 0))
    expect(rows.lastIndexOf(true)).toBe(height - 1)
  })

  it('takes a mask by itself, and the mask of a run before', async () => {
    const request = await requestOf('sam')
    const [, box] = request.samPrompts ?? []
    const first = await engine.run({ ...request, want: ['low_res_masks_box_single'] })
    const mask = toFloat32(await engine.tensor({ run: first.id, name: 'low_res_masks_box_single' }))
    const refine = async (samPrompts: RunRequest['samPrompts']) => {
      const run = await engine.run({ ...request, samPrompts, want: ['iou_predictions_again_single'] })
      return engine.tensor({ run: run.id, name: 'iou_predictions_again_single' })
    }
    const alone = await refine([{ name: 'again', points: [], mask }])
    const together = await refine([{ name: 'again', points: [], box: box?.box, mask }])
    expect(alone.shape).toEqual([1, 1])
    expect(Number.isFinite(alone.data[0])).toBe(true)
    expect(together.data[0]).not.toBe(alone.data[0])
  })

  it('refuses prompts that make no sense', async () => {
    const request = await requestOf('sam')
    const ask = (samPrompts: RunRequest['samPrompts'], more: Partial<RunRequest> = {}) =>
      engine.run({ ...request, samPrompts, ...more })
    const points = [{ x: 1, y: 2, label: 1 as const }]
    await expect(ask([{ name: 'a', points: [] }])).rejects.toThrow(/“a” is empty/)
    await expect(ask([{ name: 'a', points: [{ x: NaN, y: 2, label: 1 }] }])).rejects.toThrow(/coordinate of “a”/)
    await expect(ask([{ name: '../a', points }])).rejects.toThrow(/“..\/a” cannot name a set/)
    const twice = [1, 2].map(() => ({ name: 'a', points }))
    await expect(ask(twice)).rejects.toThrow(/“a” cannot name a set/)
    const mask = { dtype: 'float32', shape: [1, 1, 2, 2], data: new Float32Array(4) } as const
    await expect(ask([{ name: 'a', points, mask }])).rejects.toThrow(/shape \[1, 1, 2, 2\].* \[1, 1, 64, 64\]/)
    const mode = { kind: 'slide', window: 128, stride: 64 } as const
    await expect(ask([{ name: 'a', points }], { mode })).rejects.toThrow(/whole picture/)
    const { id: model } = await engine.openModel({ path: join(SYSTEMS, 'clip-vit/checkpoint.pt') })
    await expect(ask([{ name: 'a', points }], { model })).rejects.toThrow(/checkpoint\.pt takes no points/)
  })
})
