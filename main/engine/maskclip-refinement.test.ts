import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunId } from '#models/api'
import type { Overrides } from '#models/architectures/architecture'
import { readCheckpoint } from '#models/checkpoints/index'
import { toFloat32, type Tensor } from '#models/tensor'
import { openFile } from '../files'
import { createEngine, type LocalEngine } from './engine'

/*
 * MaskCLIP's prompt denoising and key smoothing against loops written from the authors' formula (refine_output of
 * maskclip_head.py), on the keys and cosines that the engine gives.
 */

const SYSTEMS = resolve(import.meta.dirname, '../../../shared/golden-systems')
const TOLERANCE = 1e-4

interface Case {
  readonly checkpoint: string
  readonly input: string
  readonly classes: readonly string[]
  readonly templates: readonly string[]
  readonly cli: Readonly<Record<string, string>>
}

/** [classes or channels][cells] */
type Rows = readonly (readonly number[])[]

function rowsOf({ shape, data }: Tensor): Rows {
  const [, count = 0, rows = 0, columns = 0] = shape
  const cells = rows * columns
  return Array.from({ length: count }, (_, row) =>
    Array.from(data.slice(row * cells, (row + 1) * cells) as Float32Array, Number)
  )
}

/** softmax(100·s) over the classes of each cell, in float32: a cell that is sure to its last digit has a share of 1 */
function sharesOf(score: Rows): Rows {
  const shares = score.map(() => [] as number[])
  for (let cell = 0; cell < (score[0]?.length ?? 0); cell++) {
    const column = score.map((row) => 100 * (row[cell] ?? 0))
    const highest = Math.max(...column)
    const sum = column.reduce((total, value) => total + Math.exp(value - highest), 0)
    column.forEach((value, k) => shares[k]?.push(Math.fround(Math.exp(value - highest) / sum)))
  }
  return shares
}

function denoisedOf(score: Rows, threshold: number): Rows {
  const shares = sharesOf(score)
  return score.map((row, k) => (Math.max(...(shares[k] ?? [])) < threshold ? row.map(() => -100) : [...row]))
}

/** The product of every pair of keys, each channel divided by its length over the cells, or each cell by its own. */
function likenessOf(key: Rows, norm: 'cells' | 'channels'): Rows {
  const cells = key[0]?.length ?? 0
  const length = (values: readonly number[]): number => Math.max(1e-12, Math.hypot(...values))
  const ofChannel = key.map(length)
  const ofCell = Array.from({ length: cells }, (_, cell) => length(key.map((row) => row[cell] ?? 0)))
  const normed = key.map((row, c) =>
    row.map((value, cell) => value / ((norm === 'cells' ? ofChannel[c] : ofCell[cell]) ?? 1))
  )
  return Array.from({ length: cells }, (_, i) =>
    Array.from({ length: cells }, (_, j) => normed.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0))
  )
}

function smoothedOf(denoised: Rows, key: Rows, threshold: number, norm: 'cells' | 'channels'): Rows {
  const shares = sharesOf(denoised)
  const likeness = likenessOf(key, norm)
  return shares.map((row) =>
    row.map((share, i) => {
      if (Math.max(...shares.map((each) => each[i] ?? 0)) >= threshold) return share
      return row.reduce((sum, other, j) => sum + (likeness[i]?.[j] ?? 0) * other, 0)
    })
  )
}

function relativeError(got: Rows, expected: Rows): number {
  let difference = 0
  let norm = 0
  expected.forEach((row, k) => {
    row.forEach((value, i) => {
      difference += ((got[k]?.[i] ?? NaN) - value) ** 2
      norm += value ** 2
    })
  })
  return Math.sqrt(difference / norm)
}

const asCosines = (rows: Rows): Rows => rows.map((row) => row.map((value) => (value === -100 ? -1 : value)))

let folder: string
let engine: LocalEngine
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinement-'))
  engine = createEngine({ cacheFolder: folder, threads: 1 })
  await engine.useProvider({ provider: 'cpu' })
})
afterAll(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

async function open(name: string, overrides?: Overrides) {
  const at = join(SYSTEMS, name)
  const golden = JSON.parse(readFileSync(join(at, 'case.json'), 'utf8')) as Case
  const companion = (option: string) => {
    const value = golden.cli[option]
    return value === undefined ? undefined : join(at, value.replace('@file:', ''))
  }
  const [clipWeights, clipText] = [companion('clip-weights'), companion('clip-text')]
  const path = join(at, golden.checkpoint)
  const model = await engine.openModel({
    path,
    overrides,
    as: golden.cli['as'],
    companions: { ...(clipWeights && { clipWeights }), ...(clipText && { clipText }) }
  })
  const picture = await engine.openPicture({ path: join(at, golden.input) })
  const run = await engine.run({
    model: model.id,
    picture: picture.id,
    classes: golden.classes,
    gammaScale: 1,
    mode: { kind: 'whole' },
    scaling: 'original',
    templates: clipText ? undefined : golden.templates,
    want: ['score_map']
  })
  return { path, model, run }
}

const tensorOf = async (run: RunId, name: string): Promise<Rows> => rowsOf(await engine.tensor({ run, name }))

async function stored(path: string, name: string): Promise<readonly number[]> {
  const file = await openFile(path)
  try {
    const found = (await readCheckpoint(file)).stateDict.get(name)
    if (!found) throw new Error(`${dirname(path)} has no ${name}`)
    return Array.from(toFloat32(await found.read()).data)
  } finally {
    await file.close()
  }
}

/** W x + b of one cell; `from` is the first row of W that counts. */
function linear(x: readonly number[], weight: readonly number[], bias: readonly number[], from = 0, count?: number) {
  return Array.from({ length: count ?? bias.length }, (_, row) =>
    x.reduce((sum, value, i) => sum + value * (weight[(from + row) * x.length + i] ?? 0), bias[from + row] ?? 0)
  )
}

const transposed = (rows: Rows): Rows => (rows[0] ?? []).map((_, i) => rows.map((row) => row[i] ?? 0))

describe.skipIf(!existsSync(SYSTEMS))('MaskCLIP’s refinement (needs ../shared)', () => {
  const cases = ['clip-rn-maskclip', 'clip-vit-maskclip', 'maskclip-files', 'maskclip-vit-odd', 'maskclip-rn-odd']

  it.each(cases)('%s: denoised, then smoothed, as published', async (name) => {
    const { model, run } = await open(name)
    expect(model.facts).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ key: 'pd_thresh', value: 0.5, source: 'published rule' }),
        expect.objectContaining({ key: 'ks_thresh', value: 1, source: 'published rule' })
      ])
    )
    expect(Object.keys(run.shapes)).not.toEqual(expect.arrayContaining(['key']))
    const denoised = denoisedOf(await tensorOf(run.id, 'score_map'), 0.5)
    expect(relativeError(await tensorOf(run.id, 'score_map_denoised'), asCosines(denoised))).toBeLessThan(TOLERANCE)
    const expected = smoothedOf(denoised, await tensorOf(run.id, 'key'), 1, 'cells')
    expect(relativeError(await tensorOf(run.id, 'score_map_smoothed'), expected)).toBeLessThan(TOLERANCE)
  })

  it.each(['clip-rn-maskclip', 'clip-vit-maskclip'])(
    '%s: with thresholds between what its cells reach',
    async (name) => {
      const { run: published } = await open(name)
      const score = await tensorOf(published.id, 'score_map')
      const reached = sharesOf(score)
        .map((row) => Math.max(...row))
        .sort((a, b) => a - b)
      const between = ((reached[1] ?? 0) + (reached[2] ?? 0)) / 2
      const surest = transposed(sharesOf(denoisedOf(score, between)))
        .map((cell) => Math.max(...cell))
        .sort((a, b) => a - b)
      const middle = ((surest[surest.length / 2 - 1] ?? 0) + (surest[surest.length / 2] ?? 0)) / 2

      const { model, run } = await open(name, { pd_thresh: between, ks_thresh: middle, key_norm: 'channels' })
      expect(model.facts).toContainEqual(expect.objectContaining({ key: 'ks_thresh', value: middle, source: 'user' }))
      const denoised = denoisedOf(score, between)
      expect(denoised.filter((row) => row.every((value) => value === -100))).toHaveLength(2)
      expect(relativeError(await tensorOf(run.id, 'score_map_denoised'), asCosines(denoised))).toBeLessThan(TOLERANCE)
      const expected = smoothedOf(denoised, await tensorOf(run.id, 'key'), middle, 'channels')
      expect(relativeError(await tensorOf(run.id, 'score_map_smoothed'), expected)).toBeLessThan(TOLERANCE)
      await expect(open(name, { pd_thresh: 1.5 })).rejects.toThrow(/pd_thresh has to be a number from 0 to 1/)
    }
  )

  it('takes the keys of a ResNet from k_proj of x4, without positions', async () => {
    const { path, run } = await open('clip-rn-maskclip')
    const weight = await stored(path, 'visual.attnpool.k_proj.weight')
    const bias = await stored(path, 'visual.attnpool.k_proj.bias')
    const cells = transposed(await tensorOf(run.id, 'x4'))
    const expected = cells.map((cell) => linear(cell, weight, bias))
    expect(relativeError(transposed(await tensorOf(run.id, 'key')), expected)).toBeLessThan(TOLERANCE)
  })

  it('takes the keys of a ViT from its last block, and through the output projection, as the code does', async () => {
    const { path, run } = await open('clip-vit-maskclip')
    const of = (name: string) => stored(path, `visual.transformer.resblocks.2.${name}`)
    const [scale, shift] = [await of('ln_1.weight'), await of('ln_1.bias')]
    const [inWeight, inBias] = [await of('attn.in_proj_weight'), await of('attn.in_proj_bias')]
    const [outWeight, outBias] = [await of('attn.out_proj.weight'), await of('attn.out_proj.bias')]
    const expected = transposed(await tensorOf(run.id, 'block_2')).map((cell) => {
      const width = cell.length
      const mean = cell.reduce((sum, value) => sum + value, 0) / width
      const variance = cell.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width
      const normed = cell.map(
        (value, i) => ((value - mean) / Math.sqrt(variance + 1e-6)) * (scale[i] ?? 0) + (shift[i] ?? 0)
      )
      return linear(linear(normed, inWeight, inBias, width, width), outWeight, outBias)
    })
    expect(relativeError(transposed(await tensorOf(run.id, 'key')), expected)).toBeLessThan(TOLERANCE)
  })

  it('gives labels of the refined maps, and computes the picture no second time', async () => {
    const { run } = await open('clip-vit-maskclip')
    const again = await engine.run({
      model: run.model,
      picture: run.picture,
      classes: run.classes,
      gammaScale: 1,
      mode: { kind: 'whole' },
      scaling: 'original',
      templates: ['a photo of a {}.', 'a picture of a {}.', 'there is a {} in the scene.'],
      want: ['score_map_smoothed']
    })
    expect(again.stages.filter(({ reused }) => !reused).map(({ id }) => id)).toEqual(
      expect.not.arrayContaining(['image_encoder'])
    )
    const smoothed = await tensorOf(run.id, 'score_map_smoothed')
    const { width, height, labels } = await engine.labelMap({ run: run.id, from: 'score_map_smoothed' })
    const [rows = 0, columns = 0] = (await engine.tensor({ run: run.id, name: 'score_map_smoothed' })).shape.slice(2)
    // the middle of the first cell lies between two pixels of it, both nearest to it
    const corner = smoothed.map((row) => row[0] ?? 0)
    expect(labels[0]).toBe(corner.indexOf(Math.max(...corner)))
    expect([width % columns, height % rows]).toEqual([0, 0])
    await expect(engine.labelMap({ run: run.id, from: 'seg_logits' })).rejects.toThrow(/no decoder/)
  })
})
