import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Architecture } from '#models/architectures/architecture'
import { GraphBuilder } from '#models/graph/builder'
import { plain } from '#models/graph/weights'
import { float32Tensor, toFloat32 } from '#models/tensor'
import { writePicture } from '../../bench/files'
import { given } from '../../bench/random-tensor'
import { writeCheckpoint } from '../../bench/write-checkpoint'
import { createEngine } from './engine'

/*
 * Adding a system is one file and one line in the index: a made-up one takes the line of another, and everything from
 * its file to its tensors and what is made of them works without a word about it anywhere else.
 */

vi.mock('#models/architectures/imagenet', async () => {
  const { graphStage } = await import('#models/architectures/graph-stage')
  const { Ledger, Scope } = await import('#models/graph/scope')
  const { tensorSpec } = await import('#models/architectures/tensor-spec')
  const halves: Architecture = {
    name: 'halves',
    async detect({ stateDict, source }) {
      if (!stateDict.has('brightness.weight')) return undefined
      const ledger = new Ledger(stateDict, source.name)
      const weight = new Scope(ledger).take('brightness.weight', [1])
      const g = new GraphBuilder('scaling')
      const image = g.input('image', 'float32', [1, 3, 'H', 'W'])
      g.output('scaled_image', g.mul(image, g.weight(plain(weight))), [1, 3, 'H', 'W'])
      return {
        system: 'halves',
        summary: 'a picture of another brightness',
        reason: 'It has a brightness.',
        facts: [],
        preprocess: {
          mean: [0, 0, 0],
          std: [1, 1, 1],
          shortSide: undefined,
          maxLongSide: undefined,
          padToMultipleOf: undefined,
          window: 64,
          stride: 64
        },
        tensors: [tensorSpec('scaled_image', 'feature-map', 'the picture, darker')],
        stages: [graphStage(g.build())],
        ...ledger.account(),
        notes: []
      }
    }
  }
  return { imagenetResnet: halves }
})

const WIDTH = 48
const HEIGHT = 32

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'denseclip-studio-added-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('a system of one file and one line is recognised, run and looked at', async () => {
  const path = join(folder, 'halves.pth')
  await writeCheckpoint(path, { tensors: [['brightness.weight', given(float32Tensor([1], Float32Array.of(0.5)))]] })
  const { path: file, pixels } = await writePicture(folder, WIDTH, HEIGHT, 0)
  const engine = createEngine({ cacheFolder: join(folder, 'cache'), threads: 1 })
  try {
    const model = await engine.openModel({ path })
    expect(model).toMatchObject({ system: 'halves', missing: [], tensors: [{ name: 'scaled_image' }] })
    expect((await engine.inspect({ path })).detection).toMatchObject({ system: 'halves', unexpected: [] })
    const picture = await engine.openPicture({ path: file })
    const { id, stages } = await engine.run({
      model: model.id,
      picture: picture.id,
      classes: [],
      gammaScale: 1,
      mode: { kind: 'whole' },
      scaling: 'published',
      want: ['scaled_image']
    })
    expect(stages.map((stage) => stage.id)).toEqual(['scaling'])
    const { data, shape } = toFloat32(await engine.tensor({ run: id, name: 'scaled_image' }))
    expect(shape).toEqual([1, 3, HEIGHT, WIDTH])
    for (let cell = 0; cell < HEIGHT * WIDTH; cell++) {
      for (let channel = 0; channel < 3; channel++) {
        expect(data[channel * HEIGHT * WIDTH + cell]).toBeCloseTo((pixels[cell * 3 + channel] ?? NaN) / 2, 4)
      }
    }
    const map = await engine.similarCells({ run: id, name: 'scaled_image', row: 3, column: 5 })
    expect(map).toMatchObject({ rows: HEIGHT, columns: WIDTH })
    expect(map.values[3 * WIDTH + 5]).toBeCloseTo(1, 5)
    const other = await engine.run({
      model: model.id,
      picture: picture.id,
      classes: [],
      gammaScale: 1,
      mode: { kind: 'slide', window: HEIGHT, stride: 16 },
      scaling: 'original',
      want: ['scaled_image']
    })
    expect(other.windows).toHaveLength(2)
  } finally {
    await engine.close()
  }
})
