import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCheckpoint } from '#models/checkpoints/index'
import { float16ToNumber, float32Tensor, toFloat32, type DType } from '#models/tensor'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openFile } from '../main/files'
import { given, random, zeros, type TensorToWrite } from './random-tensor'
import { writeCheckpoint } from './write-checkpoint'

const DTYPES: readonly DType[] = [
  ...(['float64', 'float32', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'] as const)
]

describe('checkpoints written for measuring and testing', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'write-checkpoint-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('the reader gives back values, shapes, types and metadata', async () => {
    const tensors = new Map<string, TensorToWrite>(
      DTYPES.map((dtype, seed) => [`layer.${dtype}`, random(dtype, [3, 5, 7], { seed, spread: 20, center: 50 })])
    )
    tensors.set('scalar', given(float32Tensor([], Float32Array.of(0.25))))
    tensors.set('zeros', zeros('float32', [4, 4]))
    tensors.set('none', zeros('int64', [0, 3]))
    const path = join(folder, 'small.pth')
    const meta = {
      epoch: 3,
      lr: 0.5,
      big: 2 ** 40,
      seed: null,
      done: true,
      CLASSES: ['벽', ''],
      nested: { a: [[1], -2] }
    }
    await writeCheckpoint(path, { tensors, container: 'state_dict', extras: { meta } })

    const file = await openFile(path)
    const checkpoint = await readCheckpoint(file)
    expect(checkpoint.container).toEqual(['state_dict'])
    expect(checkpoint.notes).toEqual([])
    expect([...checkpoint.stateDict.keys()]).toEqual([...tensors.keys()])
    for (const [name, { dtype, shape, values }] of tensors) {
      const tensor = await checkpoint.stateDict.get(name)?.read()
      const count = shape.reduce((product, size) => product * size, 1)
      expect(tensor?.dtype).toBe(dtype)
      expect(tensor?.shape).toEqual(shape)
      expect(tensor?.data).toEqual(values?.(0, count) ?? tensor?.data.map(() => 0 as never))
    }
    expect(checkpoint.extras.get('meta')).toEqual(
      new Map<string, unknown>([...Object.entries({ ...meta, nested: new Map([['a', [[1], -2]]]) })])
    )
    await file.close()
  })

  test('a bare state dict is the top level', async () => {
    const path = join(folder, 'bare.pth')
    await writeCheckpoint(path, { tensors: [['w', random('float32', [2], { seed: 1 })]] })
    const file = await openFile(path)
    const checkpoint = await readCheckpoint(file)
    expect(checkpoint.container).toEqual([])
    expect([...checkpoint.stateDict.keys()]).toEqual(['w'])
    await file.close()
  })

  test('random values have the mean and the deviation they were asked for, in pieces or whole', () => {
    const { values } = random('float32', [100_000], { seed: 7, spread: 2, center: 5 })
    const whole = toFloat32({
      dtype: 'float32',
      shape: [100_000],
      data: values?.(0, 100_000) as Float32Array<ArrayBuffer>
    })
    const mean = whole.data.reduce((sum, value) => sum + value, 0) / 100_000
    const variance = whole.data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 100_000
    expect(mean).toBeCloseTo(5, 1)
    expect(Math.sqrt(variance)).toBeCloseTo(2, 1)
    expect(values?.(500, 510)).toEqual(whole.data.slice(500, 510))
  })

  test('halves are the nearest ones', () => {
    const exact = random('float64', [1000], { seed: 3, spread: 100 }).values?.(0, 1000)
    const halves = random('float16', [1000], { seed: 3, spread: 100 }).values?.(0, 1000)
    for (const [i, bits] of [...(halves ?? [])].entries()) {
      const value = Number(exact?.[i])
      expect(Math.abs(float16ToNumber(Number(bits)) - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -11)
    }
  })

  test('more than 4 GiB: zip64, sparse, opened and read in places', async () => {
    const path = join(folder, 'large.pth')
    const rows = 700_000
    await writeCheckpoint(path, {
      tensors: [
        ['hole', zeros('float32', [rows, 2048])],
        ['w', random('float32', [8, 4], { seed: 5 })]
      ]
    })
    expect(statSync(path).size).toBeGreaterThan(2 ** 32)
    const file = await openFile(path)
    const before = process.memoryUsage().rss
    const { stateDict } = await readCheckpoint(file)
    const row = await stateDict.get('hole')?.readRows(rows - 1, rows)
    const w = await stateDict.get('w')?.read()
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20)
    expect(row?.shape).toEqual([1, 2048])
    expect(w?.data).toEqual(random('float32', [8, 4], { seed: 5 }).values?.(0, 32))
    await file.close()
  })
})
