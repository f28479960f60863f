import { existsSync, readdirSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OpenModelRequest, RunInfo, RunRequest } from '#models/api'
import { encodeNpy, openNpy } from '#models/checkpoints/npy'
import { SAMPLE_STRIDE, SAMPLE_WEIGHTS, sampleOnnx, type SampleOptions } from '#models/graph/onnx-sample'
import { float16Bits, float16ToNumber, float32Tensor, toFloat32, type Tensor } from '#models/tensor'
import { openFile } from '../files'
import { createEngine, type LocalEngine } from './engine'

let folder: string
let engine: LocalEngine
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-graph-'))
  engine = createEngine({ cacheFolder: join(folder, 'cache'), threads: 1 })
  await engine.useProvider({ provider: 'cpu' })
})
afterEach(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

async function writeSample(options: SampleOptions = {}, name = 'sample.onnx'): Promise<string> {
  const path = join(folder, name)
  const { model, weights } = sampleOnnx(options)
  await writeFile(path, model)
  if (options.weightsIn !== undefined) await writeFile(join(folder, options.weightsIn), weights)
  return path
}

/** A picture as models take it, of values that halves can tell apart. */
async function writeInput(height: number, width: number): Promise<{ path: string; input: Tensor<'float32'> }> {
  const data = Float32Array.from({ length: 3 * height * width }, (_, i) => ((i * 37) % 64) / 32 - 1)
  const input = float32Tensor([1, 3, height, width], data)
  const path = join(folder, 'input.npy')
  await writeFile(path, encodeNpy(input))
  return { path, input }
}

async function run(source: OpenModelRequest, picturePath: string, choices: Partial<RunRequest> = {}): Promise<RunInfo> {
  const model = await engine.openModel(source)
  const picture = await engine.openPicture({ path: picturePath })
  return engine.run({
    model: model.id,
    picture: picture.id,
    classes: model.classes,
    gammaScale: 1,
    mode: { kind: 'whole' },
    scaling: 'original',
    want: [],
    ...choices
  })
}

/** What the sample makes of a picture: [4, h, w], the weighted means of squares. */
function byHand({ shape, data }: Tensor<'float32'>): number[] {
  const [, , height = 0, width = 0] = shape
  const [rows, columns] = [height / SAMPLE_STRIDE, width / SAMPLE_STRIDE]
  const cells = Array.from({ length: 3 * rows * columns }, (_, cell) => {
    const [channel, row, column] = [
      Math.floor(cell / rows / columns),
      Math.floor(cell / columns) % rows,
      cell % columns
    ]
    let sum = 0
    for (let y = 0; y < SAMPLE_STRIDE; y++) {
      for (let x = 0; x < SAMPLE_STRIDE; x++) {
        sum += data[(channel * height + row * SAMPLE_STRIDE + y) * width + column * SAMPLE_STRIDE + x] ?? NaN
      }
    }
    return sum / SAMPLE_STRIDE ** 2
  })
  const size = rows * columns
  return SAMPLE_WEIGHTS.flatMap((weights) =>
    Array.from({ length: size }, (_, cell) =>
      weights.reduce((sum, weight, channel) => sum + weight * (cells[channel * size + cell] ?? NaN), 0)
    )
  )
}

function expectClose(got: Tensor, expected: ArrayLike<number>, tolerance = 1e-5): void {
  const { data } = toFloat32(got)
  expect(data.length).toBe(expected.length)
  for (const [i, value] of data.entries()) expect(Math.abs(value - (expected[i] ?? NaN))).toBeLessThan(tolerance)
}

const SCORES = { 'output:dense': 'score-map' }

describe('a file that is its own graph', () => {
  it.each<[string, SampleOptions, number]>([
    ['of any size', {}, 1e-5],
    ['of one size', { size: [32, 64] }, 1e-5],
    ['in half precision', { half: true }, 2e-3],
    ['with its weights in a file beside it', { weightsIn: 'sample.bin' }, 1e-5]
  ])('gives what is worked out by hand, %s', async (_, options, tolerance) => {
    const { path, input } = await writeInput(32, 64)
    const model = await writeSample(options)
    const { id, stages } = await run({ path: model, overrides: SCORES }, path, { want: ['score_map'] })
    expect(stages.map((stage) => stage.id)).toEqual(['onnx'])
    const scores = await engine.tensor({ run: id, name: 'score_map' })
    expect(scores).toMatchObject({ dtype: 'float32', shape: [1, 4, 4, 8] })
    expectClose(scores, byHand(input), tolerance)
    expect((await engine.tensor({ run: id, name: 'global_embedding' })).shape).toEqual([1, 3])
  })

  it('answers as any model does: probe, label map, logits at the size of the picture', async () => {
    const { path, input } = await writeInput(32, 64)
    const expected = byHand(input)
    const { id } = await run({ path: await writeSample(), overrides: SCORES }, path)
    const probe = await engine.probe({ run: id, x: 12, y: 4, logits: false })
    expect(probe).toMatchObject({ row: 0, column: 1, rows: 4, columns: 8 })
    for (const { classIndex, cosine } of probe.values)
      expect(cosine).toBeCloseTo(expected[classIndex * 32 + 1] ?? NaN, 5)
    const logits = await run({ path: await writeSample(), overrides: { 'output:dense': 'logits' } }, path)
    expect((await engine.tensor({ run: logits.id, name: 'seg_logits' })).shape).toEqual([1, 4, 32, 64])
    const { labels } = await engine.labelMap({ run: logits.id, from: 'seg_logits' })
    const best = [0, 1, 2, 3].reduce((a, b) => ((expected[b * 32] ?? 0) > (expected[a * 32] ?? 0) ? b : a))
    expect(labels[0]).toBe(best)
  })

  it('gives features whatever the classes are called, and classes only by as many names', async () => {
    const { path } = await writeInput(32, 64)
    const model = await writeSample()
    const { id } = await run({ path: model, overrides: SCORES }, path, { classes: ['a', 'b'] })
    expect((await engine.tensor({ run: id, name: 'cells' })).shape).toEqual([1, 3, 4, 8])
    await expect(engine.tensor({ run: id, name: 'score_map' })).rejects.toMatchObject({ code: 'mismatch' })
    const named = await run({ path: model, overrides: SCORES }, path, { classes: ['a', 'b', 'c', 'd'] })
    expect((await engine.tensor({ run: named.id, name: 'score_map' })).shape).toEqual([1, 4, 4, 8])
  })

  it('stretches pictures to the one size that it takes, and slides a square over them', async () => {
    const model = await writeSample({ size: [64, 64] })
    const picture = join(folder, 'wide.png')
    await sharp({ create: { width: 200, height: 100, channels: 3, background: 'red' } })
      .png()
      .toFile(picture)
    const whole = await run({ path: model }, picture, { scaling: 'published', want: ['cells'] })
    expect([whole.inputWidth, whole.inputHeight]).toEqual([64, 64])
    const mode = { kind: 'slide', window: 64, stride: 42 } as const
    const slid = await run({ path: model }, picture, { scaling: 'published', mode, want: ['cells'] })
    expect([slid.inputWidth, slid.inputHeight, slid.windows.length]).toEqual([128, 64, 3])
  })

  it.each<[string, SampleOptions, RegExp]>([
    [
      'an operator that the runtime lacks',
      { operator: 'Mix' },
      /^sample.onnx cannot be run: ONNX Runtime does not know its operator “.*Mix”/
    ],
    [
      'an operator of a domain of its own that it lacks',
      { operator: 'Mix', domain: 'com.microsoft' },
      /does not know its operator/
    ]
  ])('says in one sentence that it has %s', async (_, options, message) => {
    const { path } = await writeInput(32, 64)
    await expect(run({ path: await writeSample(options) }, path, { want: ['cells'] })).rejects.toThrow(message)
  })

  it('takes no picture of another size', async () => {
    const { path } = await writeInput(32, 32)
    const model = await writeSample({ size: [32, 64] })
    await expect(run({ path: model }, path, { want: ['cells'] })).rejects.toMatchObject({ code: 'mismatch' })
  })

  it('is not loaded after it was changed, nor where its weights were', async () => {
    const { path } = await writeInput(32, 64)
    for (const changed of ['sample.onnx', 'sample.bin']) {
      const model = await writeSample({ weightsIn: 'sample.bin' })
      const { id } = await run({ path: model }, path)
      await utimes(join(folder, changed), new Date(1e12), new Date(1e12))
      await expect(engine.tensor({ run: id, name: 'cells' })).rejects.toThrow(
        new RegExp(`^${changed} was changed since it was opened: open it again`)
      )
      const opened = await engine.openModel({ path: model })
      for (let i = 0; i < 2; i++) await engine.closeModel({ model: opened.id })
    }
  })

  it('is another model with other weights beside it', async () => {
    const first = await engine.openModel({ path: await writeSample({ weightsIn: 'sample.bin' }) })
    await mkdir(join(folder, 'other'))
    await copyFile(join(folder, 'sample.onnx'), join(folder, 'other', 'sample.onnx'))
    await writeFile(join(folder, 'other', 'sample.bin'), (await readFile(join(folder, 'sample.bin'))).fill(0))
    const other = await engine.openModel({ path: join(folder, 'other', 'sample.onnx') })
    expect(other.hash).toBe(first.hash)
    expect(other.id).not.toBe(first.id)
  })

  it('has its weights in no link that leads elsewhere', async () => {
    const path = await writeSample({ weightsIn: 'sample.bin' })
    await rm(join(folder, 'sample.bin'))
    await expect(engine.openModel({ path })).rejects.toMatchObject({ code: 'path' })
    await symlink('/etc/hostname', join(folder, 'sample.bin'))
    await expect(engine.openModel({ path })).rejects.toThrow(/“sample.bin” beside it, which is no ordinary file/)
  })
})

describe('half precision', () => {
  it('is what every half was made of, and rounds to the nearest, ties to even', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = float16ToNumber(bits)
      if (!Number.isNaN(value)) expect(float16Bits(value)).toBe(bits)
    }
    expect([1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519.9, 65520, 2 ** -25, NaN].map(float16Bits)).toEqual([
      0x3c00, 0x3c02, 0x7bff, 0x7c00, 0, 0x7e00
    ])
  })
})

const GOLDEN = resolve(import.meta.dirname, '../../../shared/golden/denseclip-rn')

describe.skipIf(!existsSync(GOLDEN))('a compiled stage as a file of its own (needs ../shared)', () => {
  it('gives the tensors of the model that it was made for', async () => {
    const input = join(GOLDEN, 'input.npy')
    await run({ path: join(GOLDEN, 'checkpoint.pth') }, input)
    const [entry = ''] = readdirSync(join(folder, 'cache', 'models'))
    const place = join(folder, 'cache', 'models', entry)
    for (const name of ['image_encoder.onnx', 'weights-image_encoder.bin'])
      await copyFile(join(place, name), join(folder, name))
    const path = join(folder, 'image_encoder.onnx')
    const { system } = await engine.openModel({ path })
    expect(system).toBe('onnx')
    const { id } = await run({ path }, input)
    for (const name of ['x1', 'x4', 'visual_embedding', 'global_embedding']) {
      const file = await openFile(join(GOLDEN, `${name}.npy`))
      const expected = await (await openNpy(file)).read()
      await file.close()
      expectClose(await engine.tensor({ run: id, name }), toFloat32(expected).data, 1e-4)
    }
  })
})
