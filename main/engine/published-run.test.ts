import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeNpy } from '#models/checkpoints/npy'
import { toFloat32 } from '#models/tensor'
import { random, repeating, type TensorToWrite } from '../../bench/random-tensor'
import { archiveBuffers, CLIP_SIZES, clipOf } from '../../bench/published-clip'
import { writeCheckpoint } from '../../bench/write-checkpoint'
import { createEngine, type LocalEngine } from './engine'

/*
 * Two of the published sizes through the whole engine, from TorchScript archives in half precision. What the other sizes
 * tell, models/architectures/published-sizes.test.ts holds without values.
 */

const SIDE = 224

let folder = ''
let engine: LocalEngine
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'published-run-'))
  engine = createEngine({ cacheFolder: join(folder, 'cache'), threads: 2 })
  await engine.useProvider({ provider: 'cpu' })
})
afterEach(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

describe('published sizes of CLIP', () => {
  it.each([
    ['RN50', { x4: [1, 2048, 7, 7], visual_embedding: [1, 1024, 7, 7], text_embedding: [1, 2, 1024] }],
    ['ViT-B/32', { block_12: [1, 768, 7, 7], visual_embedding: [1, 512, 7, 7], text_embedding: [1, 2, 512] }]
  ] as const)('%s runs on a picture', async (name, shapes) => {
    const sizes = CLIP_SIZES[name]
    const path = join(folder, 'model.pt')
    const tensors = [...clipOf(sizes), ...archiveBuffers(sizes)].map(
      ([key, tensor]) => [key, repeating(tensor)] as const
    )
    await writeCheckpoint(path, { tensors, isScript: true })
    const input = join(folder, 'input.npy')
    const pixels = random('float32', [1, 3, SIDE, SIDE], { seed: 1 })
    await writeFile(input, encodeNpy({ dtype: 'float32', shape: pixels.shape, data: valuesOf(pixels) }))

    const model = await engine.openModel({ path })
    expect(model).toMatchObject({ system: 'clip', missing: [], window: SIDE })
    const picture = await engine.openPicture({ path: input })
    const run = await engine.run({
      model: model.id,
      picture: picture.id,
      classes: ['a photo of a road.', 'sky'],
      gammaScale: 1,
      mode: { kind: 'whole' },
      scaling: 'original',
      want: [...Object.keys(shapes), 'logits_per_image']
    })
    for (const [tensor, shape] of Object.entries({ ...shapes, logits_per_image: [1, 2] })) {
      const got = await engine.tensor({ run: run.id, name: tensor })
      expect([tensor, got.shape]).toEqual([tensor, shape])
      const { data } = toFloat32(got)
      expect(data.every(Number.isFinite)).toBe(true)
      // weights that were misplaced or lost would leave zeros or one value everywhere
      expect(new Set(data).size).toBeGreaterThan(1)
    }
  })
})

function valuesOf({ shape, values }: TensorToWrite): Float32Array<ArrayBuffer> {
  const all = values?.(
    0,
    shape.reduce((product, size) => product * size, 1)
  )
  if (!(all instanceof Float32Array)) throw new Error('these are no floats')
  return all
}
