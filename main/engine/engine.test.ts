import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ModelInfo, PictureInfo, Progress, RunInfo, RunRequest } from '#models/api'
import { toFloat32, type Tensor } from '#models/tensor'
import { createEngine, type LocalEngine } from './engine'

const GOLDEN = resolve(import.meta.dirname, '../../../shared/golden')
const CHECKPOINT = join(GOLDEN, 'rn-tiny', 'checkpoint.pth')
const INPUT = join(GOLDEN, 'rn-tiny', 'input.npy')
const CLASSES = ['road', 'sidewalk', 'building', 'sky', 'person']
const SAMPLES = resolve(import.meta.dirname, '../../resources/samples')

let folder: string
let engine: LocalEngine
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-'))
  engine = createEngine({ cacheFolder: folder, threads: 1 })
  await engine.useProvider({ provider: 'cpu' })
})
afterEach(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

interface Opened {
  readonly model: ModelInfo
  readonly picture: PictureInfo
  run(choices?: Partial<RunRequest>): Promise<RunInfo>
}

async function open(checkpoint = CHECKPOINT, path = INPUT): Promise<Opened> {
  const model = await engine.openModel({ path: checkpoint })
  const picture = await engine.openPicture({ path })
  const request: RunRequest = {
    model: model.id,
    picture: picture.id,
    classes: model.classes,
    gammaScale: 1,
    mode: { kind: 'whole' },
    scaling: 'original',
    want: ['seg_logits_low']
  }
  return { model, picture, run: (choices) => engine.run({ ...request, ...choices }) }
}

const ran = (run: RunInfo): string[] => run.stages.filter(({ reused }) => !reused).map(({ id }) => id)

function difference(a: Tensor, b: Tensor): number {
  const other = toFloat32(b).data
  return toFloat32(a).data.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (other[i] ?? NaN))), 0)
}

describe.skipIf(!existsSync(GOLDEN))('engine on a golden model (needs ../shared)', () => {
  it('tells what it opened', async () => {
    const { model, picture } = await open()
    expect(model).toMatchObject({ system: 'denseclip', classes: CLASSES, nameTokens: 3, missing: [], tau: 0.07 })
    expect(model.palette).toHaveLength(5)
    expect(model.gamma).toBeTypeOf('number')
    expect(model.hash).toMatch(/^[0-9a-f]{64}$/)
    expect(picture).toMatchObject({ width: 128, height: 96, fileName: 'input.npy' })
  })

  it('runs again only what depends on a change', async () => {
    const { run } = await open()
    expect(ran(await run())).toEqual(
      expect.arrayContaining(['image_encoder', 'text_encoder', 'context_decoder', 'score_map', 'decode_head'])
    )
    expect(ran(await run())).toEqual([])
    expect(ran(await run({ gammaScale: 0.5 }))).toEqual(['score_map', 'decode_head'])
    const edited = ['road', 'sidewalk', 'tree', 'sky', 'person']
    expect(ran(await run({ classes: edited }))).toEqual(['text_encoder', 'context_decoder', 'score_map', 'decode_head'])
    // back again: everything is still there
    expect(ran(await run())).toEqual([])
  })

  it('gives equal choices the same run, and computes later what was not wanted', async () => {
    const { run } = await open()
    const first = await run({ want: ['score_map'] })
    expect(ran(first)).not.toContain('decode_head')
    expect((await run({ want: [] })).id).toBe(first.id)
    expect((await run({ want: [], gammaScale: 2 })).id).not.toBe(first.id)
    expect((await engine.tensor({ run: first.id, name: 'p1' })).shape).toEqual([1, 32, 24, 32])
    expect((await engine.tensor({ run: first.id, name: 'token_ids' })).shape).toEqual([5, 5])
  })

  it('leaves feature maps that no stage takes in the runtime until they are asked for', async () => {
    const { run } = await open()
    const { id, stages } = await run({ want: ['seg_logits_low'] })
    expect(stages.find((stage) => stage.id === 'decode_head')?.reused).toBe(false)
    expect((await run({ want: ['x1'] })).stages.every((stage) => stage.reused)).toBe(true)
    const asked = await run({ want: ['p2'] })
    expect(asked.id).toBe(id)
    expect(ran(asked)).toEqual(['decode_head'])
    expect(ran(await run({ want: ['p2', 'seg_logits_low'] }))).toEqual([])
  })

  it('tells the shapes of what is computed', async () => {
    const { run } = await open()
    const { shapes } = await run()
    expect(shapes).toMatchObject({
      visual_embedding: [1, 64, 3, 4],
      score_map: [1, 5, 3, 4],
      p1: [1, 32, 24, 32]
    })
    const slide = await run({ mode: { kind: 'slide', window: 64, stride: 64 } })
    expect(slide.shapes).toMatchObject({ score_map: [1, 5, 2, 2], seg_logits: [1, 5, 96, 128] })
  })

  it('resizes the logits of one class alone to what they are among all', async () => {
    const { run } = await open()
    const { id } = await run({ want: ['seg_logits_low'] })
    const one = await engine.slice({ run: id, name: 'seg_logits', index: [0, 3, null, 7] })
    expect(ran(await run({ want: ['seg_logits'] }))).toEqual(['upsample'])
    const all = await engine.tensor({ run: id, name: 'seg_logits' })
    expect(one.shape).toEqual([96])
    const values = toFloat32(all).data
    toFloat32(one).data.forEach((value, y) => expect(value).toBeCloseTo(values[(3 * 96 + y) * 128 + 7] ?? NaN, 5))
  })

  it('gives results away: what a caller does to them changes nothing', async () => {
    const { run } = await open()
    const { id } = await run()
    const got = await engine.tensor({ run: id, name: 'score_map' })
    got.data.fill(0 as never)
    const again = await engine.tensor({ run: id, name: 'score_map' })
    expect(toFloat32(again).data.some((value) => value !== 0)).toBe(true)
  })

  it('slices, finds similar cells and principal components', async () => {
    const { run } = await open()
    const { id } = await run({ want: ['visual_embedding'] })
    const z = toFloat32(await engine.tensor({ run: id, name: 'visual_embedding' }))
    const cell = await engine.slice({ run: id, name: 'visual_embedding', index: [0, null, 1, 2] })
    expect(cell.shape).toEqual([64])
    expect(cell.data[5]).toBe(z.data[5 * 12 + 1 * 4 + 2])
    const similar = await engine.similarCells({ run: id, name: 'visual_embedding', row: 1, column: 2 })
    expect(similar).toMatchObject({ rows: 3, columns: 4 })
    expect(similar.values[1 * 4 + 2]).toBeCloseTo(1)
    const colours = await engine.pcaRgb({ run: id, name: 'visual_embedding' })
    expect(colours.rgb).toHaveLength(36)
    expect(colours.explained.every((share, i) => share <= (colours.explained[i - 1] ?? 1))).toBe(true)
  })

  it('joins features of two runs, each of length one in every cell', async () => {
    const { run } = await open()
    const { id } = await run({ want: ['visual_embedding', 'x2'] })
    const { id: other } = await run({ want: [], gammaScale: 0 })
    const beside = { run: other, name: 'x2' }
    const [z, x2] = await Promise.all(
      [{ run: id, name: 'visual_embedding' }, beside].map(async (ref) => toFloat32(await engine.tensor(ref)))
    )
    const [, channels = 0, rows = 0, columns = 0] = x2?.shape ?? []
    expect([z?.shape, x2?.shape.slice(2)]).toEqual([
      [1, 64, 3, 4],
      [12, 16]
    ])
    // cell (1, 2) of z has its middle on the corner of four cells of x2, of which the last is taken: (6, 10)
    const {
      rows: joinedRows,
      columns: joinedColumns,
      values
    } = await engine.similarCells({
      run: id,
      name: 'visual_embedding',
      row: 1,
      column: 2,
      beside
    })
    expect([joinedRows, joinedColumns]).toEqual([rows, columns])
    expect(values[6 * columns + 10]).toBeCloseTo(1)
    // half of the cosine is that of x2 alone, and the other half is of z; two cells of the same z differ by x2 alone
    const vector = (cell: number) =>
      Array.from({ length: channels }, (_, k) => x2?.data[k * rows * columns + cell] ?? NaN)
    const dot = (a: readonly number[], b: readonly number[]) =>
      a.reduce((sum, value, k) => sum + value * (b[k] ?? 0), 0)
    // at the border z is held: cells (0, 0) and (0, 1) of x2 both have that of cell (0, 0)
    const atCorner = await engine.similarCells({
      run: id,
      name: 'x2',
      row: 0,
      column: 0,
      beside: { run: other, name: 'visual_embedding' }
    })
    const [a, b] = [vector(0), vector(1)]
    expect(atCorner.values[1]).toBeCloseTo((1 + dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))) / 2, 5)
    const colours = await engine.pcaRgb({ run: id, name: 'visual_embedding', beside })
    expect(colours).toMatchObject({ rows, columns })
    expect(colours.rgb).toHaveLength(3 * rows * columns)

    const picture = await engine.openPicture({ path: INPUT, originalSize: { width: 64, height: 48 } })
    const elsewhere = await run({ picture: picture.id, want: [] })
    await expect(
      engine.pcaRgb({ run: id, name: 'x2', beside: { run: elsewhere.id, name: 'x2' } })
    ).rejects.toMatchObject({ code: 'mismatch' })
    const sliding = await run({ mode: { kind: 'slide', window: 64, stride: 48 }, want: [] })
    await expect(engine.pcaRgb({ run: id, name: 'x2', beside: { run: sliding.id, name: 'x2' } })).rejects.toThrow(
      /one pass/
    )
  })

  it('probes what the tensors hold, and the logits that label the pixel', async () => {
    const { run } = await open()
    const { id } = await run()
    const scores = toFloat32(await engine.tensor({ run: id, name: 'score_map' }))
    const logits = toFloat32(await engine.tensor({ run: id, name: 'seg_logits' }))
    const { labels } = await engine.labelMap({ run: id, from: 'seg_logits' })
    for (const [x, y] of [
      [0, 0],
      [70.4, 33.9],
      [128, 96]
    ] as const) {
      const probe = await engine.probe({ run: id, x, y, logits: true })
      const column = Math.min(Math.floor(x / 32), 3)
      const row = Math.min(Math.floor(y / 32), 2)
      expect(probe).toMatchObject({ row, column, rows: 3, columns: 4, window: 0 })
      const pixel = Math.min(Math.floor(y), 95) * 128 + Math.min(Math.floor(x), 127)
      const expected = CLASSES.map((_, k) => logits.data[k * 96 * 128 + pixel] ?? NaN)
      for (const { classIndex, cosine, logit } of probe.values) {
        expect(cosine).toBe(scores.data[classIndex * 12 + row * 4 + column])
        expect(logit).toBeCloseTo(expected[classIndex] ?? NaN, 4)
      }
      const [best = 0, second = 0] = [...expected].sort((a, b) => b - a)
      expect(labels[pixel]).toBe(expected.indexOf(best))
      expect(probe.logitMargin).toBeCloseTo(best - second, 4)
    }
    const quick = await engine.probe({ run: id, x: 1, y: 1, logits: false })
    expect(quick.logitMargin).toBeUndefined()
  })

  it('takes any class list for the score map, and says which the decoder takes', async () => {
    const { run } = await open()
    const classes = [...CLASSES, 'zebra']
    const { id } = await run({ classes, want: ['score_map'] })
    expect((await engine.tensor({ run: id, name: 'score_map' })).shape).toEqual([1, 6, 3, 4])
    const { counts } = await engine.labelMap({ run: id, from: 'score_map' })
    expect(counts).toHaveLength(6)
    await expect(engine.labelMap({ run: id, from: 'seg_logits' })).rejects.toMatchObject({
      code: 'mismatch',
      message: expect.stringContaining('trained for 5 classes and 6 are given')
    })
    const probe = await engine.probe({ run: id, x: 1, y: 1, logits: true })
    expect(probe.values.map(({ logit }) => logit)).toEqual(new Array(6).fill(undefined))
    expect(probe.values).toHaveLength(6)
  })

  it('tells windows apart and averages over them', async () => {
    const { run } = await open()
    const sliding = { mode: { kind: 'slide', window: 64, stride: 48 }, want: ['seg_logits'] } as const
    const info = await run(sliding)
    expect(info.windows).toHaveLength(6)
    expect(info.windows.at(-1)).toEqual({ x: 64, y: 32, width: 64, height: 64 })
    const z = await Promise.all(
      [0, 5].map((window) => engine.tensor({ run: info.id, name: 'visual_embedding', window }))
    )
    expect(z[0]?.shape).toEqual([1, 64, 2, 2])
    expect(difference(z[0] as Tensor, z[1] as Tensor)).toBeGreaterThan(0)
    expect((await engine.tensor({ run: info.id, name: 'seg_logits' })).shape).toEqual([1, 5, 96, 128])
    expect((await engine.tensor({ run: info.id, name: 'seg_logits', window: 1 })).shape).toEqual([1, 5, 64, 64])
    await expect(engine.tensor({ run: info.id, name: 'x1', window: 6 })).rejects.toMatchObject({ code: 'invalid' })
    // the text is the same in every window
    expect(info.stages.filter(({ id }) => id === 'text_encoder')).toHaveLength(1)
    const probe = await engine.probe({ run: info.id, x: 127, y: 95, logits: true })
    expect(probe).toMatchObject({ window: 5, row: 1, column: 1, rows: 2, columns: 2 })
    // a sliding label map is that of the averaged logits
    const averaged = toFloat32(await engine.tensor({ run: info.id, name: 'seg_logits' }))
    const { labels } = await engine.labelMap({ run: info.id, from: 'seg_logits' })
    const wrong = labels.filter((label, i) => {
      const values = CLASSES.map((_, k) => averaged.data[k * labels.length + i] ?? NaN)
      return values.indexOf(Math.max(...values)) !== label
    })
    expect(wrong).toHaveLength(0)
  })

  it('opens a model again from what it compiled', async () => {
    const steps: string[] = []
    const onProgress = ({ step }: Progress): void => void steps.push(step)
    await engine.openModel({ path: CHECKPOINT }, { onProgress })
    expect(new Set(steps)).toEqual(new Set(['read', 'compile']))
    steps.length = 0
    const other = createEngine({ cacheFolder: folder, threads: 1 })
    await other.openModel({ path: CHECKPOINT }, { onProgress })
    expect(steps).toEqual([])
    expect((await other.status({})).cacheBytes).toBeGreaterThan(1e6)
    await other.close()
  })

  it.each([
    ['before the model is opened again', true],
    ['while the model is open', false]
  ])('mends a compiled model that was damaged %s', async (_, reopen) => {
    let opened = await open()
    const expected = await engine.tensor({ run: (await opened.run()).id, name: 'seg_logits_low' })
    await engine.closeModel({ model: opened.model.id })
    if (!reopen) opened = await open()
    const [entry = ''] = await readdir(join(folder, 'models'))
    for (const name of await readdir(join(folder, 'models', entry))) {
      if (name.endsWith('.onnx')) await truncate(join(folder, 'models', entry, name), 100)
    }
    if (reopen) opened = await open()
    const got = await engine.tensor({ run: (await opened.run()).id, name: 'seg_logits_low' })
    expect(difference(got, expected)).toBe(0)
  })

  it('clears what it compiled, and goes on', async () => {
    const { run } = await open()
    await run({ want: ['score_map'] })
    const { cacheBytes } = await engine.clearCache({})
    expect(cacheBytes).toBe(0)
    expect(ran(await run({ classes: ['sea', ...CLASSES.slice(1)] }))).toContain('decode_head')
  })

  it('refuses what makes no sense, and says what', async () => {
    const { model, picture, run } = await open()
    await expect(run({ want: ['x9'] })).rejects.toMatchObject({ code: 'invalid', message: /gives no tensor “x9”/ })
    await expect(run({ gammaScale: NaN })).rejects.toMatchObject({ code: 'invalid' })
    await expect(run({ classes: [] })).rejects.toMatchObject({ code: 'invalid', message: /at least one class/ })
    const long = run({ classes: ['a very long name indeed', ...CLASSES.slice(1)] })
    await expect(long).rejects.toMatchObject({ code: 'too-long' })
    await expect(engine.useProvider({ provider: 'coreml' })).rejects.toMatchObject({ code: 'unavailable' })
    await engine.closePicture({ picture: picture.id })
    await expect(run()).rejects.toMatchObject({ code: 'invalid', message: /picture is not open/ })
    await engine.closeModel({ model: model.id })
    await expect(run()).rejects.toMatchObject({ code: 'invalid', message: /model is not open/ })
    expect((await engine.status({})).tensorBytes).toBe(0)
  })

  it('keeps a model open that was opened twice and closed once', async () => {
    const { model, run } = await open()
    expect((await engine.openModel({ path: CHECKPOINT })).id).toBe(model.id)
    await engine.closeModel({ model: model.id })
    await run()
    await engine.closeModel({ model: model.id })
    await expect(run()).rejects.toMatchObject({ code: 'invalid' })
  })

  it('stops between stages when it is cancelled, and goes on afterwards', async () => {
    const { model, picture, run } = await open()
    const controller = new AbortController()
    const onProgress = ({ step }: Progress): void => {
      if (step === 'context_decoder') controller.abort()
    }
    const request: RunRequest = {
      model: model.id,
      picture: picture.id,
      classes: CLASSES,
      gammaScale: 1,
      mode: { kind: 'whole' },
      scaling: 'original',
      want: ['seg_logits']
    }
    const cancelled = engine.run(request, { signal: controller.signal, onProgress })
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' })
    const after = await run({ want: ['seg_logits'] })
    expect(ran(after)).not.toContain('image_encoder')
    expect(ran(after)).toContain('decode_head')
    const opening = engine.openModel(
      { path: join(GOLDEN, 'vit-tiny', 'checkpoint.pth') },
      { signal: AbortSignal.abort() }
    )
    await expect(opening).rejects.toMatchObject({ code: 'cancelled' })
    expect((await readdir(join(folder, 'models'))).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('goes on after broken files', async () => {
    const { run } = await open()
    const broken = join(folder, 'broken.pth')
    await cp(CHECKPOINT, broken)
    await truncate(broken, 1_000_000)
    await writeFile(join(folder, 'empty.pth'), '')
    await writeFile(join(folder, 'page.pth'), '<!doctype html><title>404</title>')
    await writeFile(join(folder, 'picture.png'), 'not a picture')
    for (const name of ['broken.pth', 'empty.pth', 'page.pth', 'absent.pth']) {
      await expect(engine.openModel({ path: join(folder, name) })).rejects.toMatchObject({ file: name })
      await expect(engine.inspect({ path: join(folder, name) })).rejects.toMatchObject({ file: name })
    }
    await expect(engine.openPicture({ path: join(folder, 'picture.png') })).rejects.toMatchObject({
      file: 'picture.png'
    })
    await expect(engine.openPicture({ path: CHECKPOINT.replace('checkpoint.pth', 'x1.npy') })).rejects.toMatchObject({
      code: 'mismatch'
    })
    expect(ran(await run())).toContain('image_encoder')
  })

  it('inspects without running', async () => {
    const info = await engine.inspect({ path: CHECKPOINT, countNotFinite: true })
    expect(info.detection).toMatchObject({ system: 'denseclip', classes: CLASSES, missing: [] })
    expect(info).toMatchObject({ container: ['state_dict'], notFinite: 0 })
    expect(info.parameterCount).toBe(
      info.entries.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0)
    )
    const array = await engine.inspect({ path: INPUT })
    expect(array.detection).toBeUndefined()
    expect(array.entries).toHaveLength(1)
    expect((await engine.status({})).cacheBytes).toBe(0)
  })

  it('tokenizes with start and end', async () => {
    const { ids } = await engine.tokenize({ text: 'a photo of a dog' })
    expect(ids).toEqual([49406, 320, 1125, 539, 320, 1929, 49407])
  })

  it('shows a normalised input as a picture', async () => {
    const { picture } = await open()
    const { width, height, rgba } = await engine.picturePixels({ picture: picture.id, maxSide: 64 })
    expect([width, height]).toEqual([64, 48])
    expect(rgba.filter((_, i) => i % 4 === 3).every((alpha) => alpha === 255)).toBe(true)
    const values = readFileSync(INPUT)
    const first = values.readFloatLE(values.length - 3 * 96 * 128 * 4)
    const whole = await engine.picturePixels({ picture: picture.id, maxSide: 9999 })
    expect(whole.width).toBe(128)
    expect(whole.rgba[0]).toBe(Math.min(255, Math.max(0, Math.round(first * 68.5005327 + 122.7709383))))
  })
})

describe('engine on the sample', () => {
  it('reads a picture and its labels, and measures against them', async () => {
    const checkpoint = join(SAMPLES, 'checkpoints', 'denseclip-mini-vit.pth')
    const { model, run } = await open(checkpoint, join(SAMPLES, 'images', 'day', 'day-0.png'))
    const { id, inputWidth, inputHeight } = await run({ want: ['score_map', 'seg_logits_low'] })
    expect([inputWidth, inputHeight]).toEqual([256, 256])
    const labels = await engine.openLabels({ path: join(SAMPLES, 'labels', 'day', 'day-0.png') })
    expect(labels.counts.reduce((sum, { pixels }) => sum + pixels, 0)).toBe(256 * 256)
    const decoder = await engine.meanIou({ run: id, labels: labels.id, from: 'seg_logits' })
    const scores = await engine.meanIou({ run: id, labels: labels.id, from: 'score_map' })
    expect(decoder.pixelAccuracy).toBeGreaterThan(0.8)
    expect(decoder.mean).toBeGreaterThan(scores.mean)
    const loss = await engine.lossMap({ run: id, labels: labels.id, from: 'seg_logits', tau: 1 })
    expect(loss.mean).toBeGreaterThan(0)
    expect(loss.mean).toBeLessThan(1)
    const ignored = labels.counts.find(({ label }) => label === 255)?.pixels ?? 0
    expect(loss.values.filter((value) => Number.isNaN(value))).toHaveLength(ignored)
    // an edited list: labels go by name, wherever it stands, and a class that is taken out is ignored
    const turned = [...model.classes.slice(1), ...model.classes.slice(0, 1)]
    const moved = await run({ classes: turned, want: ['score_map'] })
    const again = await engine.meanIou({ run: moved.id, labels: labels.id, from: 'score_map' })
    expect(again.pixelAccuracy).toBeCloseTo(scores.pixelAccuracy, 3)
    const less = await run({ classes: model.classes.slice(1), want: ['score_map'] })
    const { perClass } = await engine.meanIou({ run: less.id, labels: labels.id, from: 'score_map' })
    expect(perClass).toHaveLength(model.classes.length - 1)
    const small = await engine.labelPixels({ labels: labels.id, width: 128, height: 64 })
    expect(small.labels).toHaveLength(128 * 64)
    await engine.closeLabels({ labels: labels.id })
    await expect(engine.labelPixels({ labels: labels.id, width: 1, height: 1 })).rejects.toMatchObject({
      code: 'invalid'
    })
  })

  it('scales a picture as published, and labels at the size of the picture', async () => {
    const path = join(folder, 'wide.png')
    const noise = { type: 'gaussian', mean: 120, sigma: 30 } as const
    await sharp({ create: { width: 300, height: 100, channels: 3, background: 'black', noise } })
      .png()
      .toFile(path)
    const { run } = await open(join(SAMPLES, 'checkpoints', 'denseclip-mini-rn.pth'), path)
    const info = await run({ scaling: 'published', mode: { kind: 'slide', window: 96, stride: 64 } })
    const { labels, width, height } = await engine.labelMap({ run: info.id, from: 'seg_logits' })
    expect([width, height, labels.length]).toEqual([300, 100, 30000])
    const original = toFloat32(await engine.tensor({ run: info.id, name: 'seg_logits_original' }))
    expect(original.shape).toEqual([1, 11, 100, 300])
    const probe = await engine.probe({ run: info.id, x: 201.5, y: 40.5, logits: true })
    for (const { classIndex, logit } of probe.values) {
      expect(logit).toBeCloseTo(original.data[(classIndex * 100 + 40) * 300 + 201] ?? NaN, 4)
    }
  })
})
