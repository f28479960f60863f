import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NearestWordsRequest, ModelInfo } from '#models/api'
import { readCheckpoint } from '#models/checkpoints/index'
import { toFloat32 } from '#models/tensor'
import { openFile } from '../files'
import { createEngine, type LocalEngine } from './engine'

const SHARED = resolve(import.meta.dirname, '../../../shared')
const SYSTEMS = join(SHARED, 'golden-systems')
const CLIP = join(SYSTEMS, 'clip-rn', 'checkpoint.pt')
const START = 49406

let folder: string
let engine: LocalEngine
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'words-'))
  engine = createEngine({ cacheFolder: folder, threads: 1 })
  await engine.useProvider({ provider: 'cpu' })
})
afterEach(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

async function stored(path: string, name: string): Promise<Float32Array> {
  const file = await openFile(path)
  try {
    const tensor = (await readCheckpoint(file)).stateDict.get(name)
    if (!tensor) throw new Error(`${path} has no ${name}`)
    return toFloat32(await tensor.read()).data
  } finally {
    await file.close()
  }
}

/** All distances in double precision, without any of the engine's code. */
function bruteForce(vector: Float32Array, table: Float32Array): { id: number; distance: number }[] {
  const width = vector.length
  const distances = Array.from({ length: START }, (_, id) => {
    const word = table.subarray(id * width, (id + 1) * width)
    return { id, distance: Math.hypot(...Array.from(word, (value, i) => value - (vector[i] ?? NaN))) }
  })
  return distances.sort((a, b) => a.distance - b.distance)
}

const asked = (
  { id: model }: ModelInfo,
  choices: Partial<NearestWordsRequest> = {}
): ReturnType<LocalEngine['nearestWords']> => engine.nearestWords({ model, count: 3, metric: 'euclidean', ...choices })

const openCoop = (name: string): Promise<ModelInfo> =>
  engine.openModel({ path: join(SYSTEMS, name, 'model.pth.tar-50'), companions: { clip: CLIP } })

describe.skipIf(!existsSync(SHARED))('words near learned contexts (need ../shared)', () => {
  it('of DenseCLIP, CoOp and a class of its own are those of a search by hand', async () => {
    const denseclip = join(SHARED, 'golden', 'rn-tiny', 'checkpoint.pth')
    const specific = 'clip-rn-coop-specific-middle'
    const cases = [
      [await engine.openModel({ path: denseclip }), denseclip, 'contexts', denseclip, 'text_encoder.'],
      [await openCoop('coop-real'), join(SYSTEMS, 'coop-real', 'model.pth.tar-50'), 'ctx', CLIP, ''],
      [await openCoop(specific), join(SYSTEMS, specific, 'model.pth.tar-50'), 'ctx', CLIP, '']
    ] as const
    for (const [model, path, name, clip, prefix] of cases) {
      const contexts = await stored(path, name)
      const table = await stored(clip, `${prefix}token_embedding.weight`)
      const width = table.length / 49408
      const classIndex = model.learnedContexts?.classes === undefined ? undefined : 3
      const found = await asked(model, { classIndex })
      expect(found).toMatchObject({ metric: 'euclidean', words: START })
      expect(found.contexts).toHaveLength(model.learnedContexts?.count ?? NaN)
      for (const { index, classIndex: of, nearest, median } of found.contexts) {
        const row = (of ?? 0) * found.contexts.length + index
        const all = bruteForce(contexts.subarray(row * width, (row + 1) * width), table)
        expect(nearest.map(({ id }) => id)).toEqual(all.slice(0, 3).map(({ id }) => id))
        nearest.forEach(({ value }, i) => expect(value).toBeCloseTo(all[i]?.distance ?? NaN, 5))
        const [below, above] = [all[START / 2 - 1], all[START / 2]]
        expect(median).toBeCloseTo(((below?.distance ?? NaN) + (above?.distance ?? NaN)) / 2, 5)
      }
    }
  })

  it('of all classes are those of each', async () => {
    const model = await openCoop('clip-rn-coop-specific-middle')
    expect(model.learnedContexts).toEqual({ count: 4, classes: 5, ofPicture: undefined })
    const all = await asked(model)
    expect(all.contexts.map(({ classIndex, index }) => [classIndex, index])).toEqual(
      Array.from({ length: 20 }, (_, row) => [Math.floor(row / 4), row % 4])
    )
    const last = await asked(model, { classIndex: 4 })
    expect(last.contexts).toEqual(all.contexts.slice(16))
    await expect(asked(model, { classIndex: 5 })).rejects.toMatchObject({ code: 'range' })
  })

  it('of a picture are near the contexts that its run has', async () => {
    const model = await openCoop('clip-rn-cocoop')
    expect(model.learnedContexts?.ofPicture).toBe('instance_contexts')
    const picture = await engine.openPicture({ path: join(SYSTEMS, 'clip-rn', 'input.npy') })
    const run = await engine.run({
      model: model.id,
      picture: picture.id,
      classes: [],
      gammaScale: 1,
      mode: { kind: 'whole' },
      scaling: 'original',
      want: ['instance_contexts']
    })
    const { data, shape } = toFloat32(await engine.tensor({ run: run.id, name: 'instance_contexts' }))
    const table = await stored(CLIP, 'token_embedding.weight')
    const width = shape[2] ?? 0
    const found = await asked(model, { run: run.id })
    expect(found.contexts.map(({ nearest }) => nearest[0]?.id)).toEqual(
      Array.from({ length: 4 }, (_, i) => bruteForce(data.subarray(i * width, (i + 1) * width), table)[0]?.id)
    )
    expect(found.contexts).not.toEqual((await asked(model)).contexts)
    await expect(asked(await openCoop('coop-real'), { run: run.id })).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('are asked once, and can be ended', async () => {
    const model = await openCoop('coop-real')
    expect(await asked(model)).toBe(await asked(model))
    const request = { model: model.id, count: 1, metric: 'cosine' } as const
    await expect(engine.nearestWords(request, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled'
    })
    expect((await engine.nearestWords(request)).contexts).toHaveLength(6)
  })

  it('are none where nothing was learned', async () => {
    const clip = await engine.openModel({ path: CLIP })
    expect(clip.learnedContexts).toBeUndefined()
    await expect(asked(clip)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'checkpoint.pt has no learned contexts: there is nothing to look up.'
    })
  })
})
