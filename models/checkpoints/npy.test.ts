import fc from 'fast-check'
import { zipSync } from 'fflate'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { StudioError } from '../errors'
import type { Tensor } from '../tensor'
import { readCheckpoint } from './index'
import { memorySource } from './memory-source'
import { encodeNpy, openNpy } from './npy'

const GOLDEN = join(import.meta.dirname, '../../../shared/golden')

const decode = async (bytes: Uint8Array): Promise<Tensor> => (await openNpy(memorySource('x.npy', bytes))).read()

/** A .npy file around any header. */
function file(header: string, data = new Uint8Array(64), version = 1): Uint8Array {
  const length = Buffer.alloc(version === 1 ? 2 : 4)
  length.writeUIntLE(header.length, 0, length.length)
  return Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.of(version, 0), length, Buffer.from(header), data])
}

const TENSORS: readonly Tensor[] = [
  { dtype: 'float64', shape: [2], data: Float64Array.of(0.1, -Infinity) },
  { dtype: 'float32', shape: [2, 1, 3], data: Float32Array.of(1, 2, 3, NaN, -0, 1e-40) },
  { dtype: 'float16', shape: [3], data: Uint16Array.of(0x3c00, 0x7e00, 1) },
  { dtype: 'int64', shape: [], data: BigInt64Array.of(-(2n ** 60n)) },
  { dtype: 'int32', shape: [1], data: Int32Array.of(-7) },
  { dtype: 'int16', shape: [1], data: Int16Array.of(-7) },
  { dtype: 'int8', shape: [1], data: Int8Array.of(-7) },
  { dtype: 'uint8', shape: [2, 2], data: Uint8Array.of(1, 2, 3, 255) },
  { dtype: 'uint16', shape: [1], data: Uint16Array.of(65535) },
  { dtype: 'bool', shape: [2], data: Uint8Array.of(0, 1) },
  { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) }
]

describe('NPY files', () => {
  test.each(TENSORS.map((tensor) => [tensor.dtype, tensor] as const))('%s comes back as it was', async (_, tensor) => {
    expect(await decode(encodeNpy(tensor))).toEqual(tensor)
  })

  test('the header is the one that NumPy writes', () => {
    const bytes = encodeNpy({ dtype: 'float32', shape: [2, 3], data: new Float32Array(6) })
    const header = Buffer.from(bytes.subarray(0, 128)).toString('latin1')
    const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`
    expect(header).toBe(`\x93NUMPY\x01\x00v\x00${text.padEnd(117)}\n`)
    expect(bytes.length).toBe(128 + 24)
    const line = encodeNpy({ dtype: 'uint8', shape: [3], data: new Uint8Array(3) })
    expect(Buffer.from(line).toString('latin1')).toContain(`{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }`)
  })

  test('only the values of a view are written', async () => {
    const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3)
    expect((await decode(encodeNpy({ dtype: 'float32', shape: [2], data }))).data).toEqual(Float32Array.of(2, 3))
  })

  test('bfloat16 becomes the equal float32', async () => {
    const tensor = await decode(encodeNpy({ dtype: 'bfloat16', shape: [2], data: Uint16Array.of(0x3f80, 0xc000) }))
    expect(tensor).toEqual({ dtype: 'float32', shape: [2], data: Float32Array.of(1, -2) })
  })

  test('column-major, big-endian and newer versions are read', async () => {
    const data = Buffer.from(Uint16Array.of(1, 2, 3, 4, 5, 6).buffer)
    const fortran = file(`{'descr': '<u2', 'fortran_order': True, 'shape': (2, 3)}`, data, 2)
    expect([...(await decode(fortran)).data]).toEqual([1, 3, 5, 2, 4, 6])
    const big = file(`{"shape": (3,), "fortran_order": False, "descr": ">i2"}`, Buffer.of(0, 1, 0, 2, 255, 255), 3)
    expect([...(await decode(big)).data]).toEqual([1, 2, -1])
  })

  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'truncated'],
    ['something else', new Uint8Array(100), 'not-a-model'],
    ['version 9', file('{}', undefined, 9), 'unsupported'],
    ['a header longer than the file', file('{}').subarray(0, 11), 'truncated'],
    ['a header of 60 KB', file(' '.repeat(60_000)), 'limit'],
    ['a call', file(`{'descr': '<f4', 'fortran_order': False, 'shape': (int('2'),), }`), 'corrupt'],
    ['a list', file('[1]'), 'corrupt'],
    ['no shape', file(`{'descr': '<f4', 'fortran_order': False}`), 'corrupt'],
    ['a negative size', file(`{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }`), 'corrupt'],
    ['objects', file(`{'descr': '|O', 'fortran_order': False, 'shape': (1,), }`), 'unsupported'],
    ['records', file(`{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }`), 'unsupported'],
    ['complex numbers', file(`{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }`), 'unsupported'],
    ['strings', file(`{'descr': '<U8', 'fortran_order': False, 'shape': (1,), }`), 'unsupported'],
    ['fewer values', file(`{'descr': '<f4', 'fortran_order': False, 'shape': (17,), }`), 'truncated'],
    ['4 PB', file(`{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000000), }`), 'truncated'],
    ['an overflow', file(`{'descr': '<f4', 'fortran_order': False, 'shape': (${2 ** 40}, ${2 ** 40}), }`), 'range']
  ])('refused: %s', async (_, bytes, code) => {
    await expect(decode(bytes)).rejects.toMatchObject({ code, file: 'x.npy' })
  })

  test('any change of a file gives an array or a StudioError', async () => {
    const good = encodeNpy({ dtype: 'float32', shape: [2, 3], data: new Float32Array(6) })
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), async (at, byte, length) => {
        const changed = good.slice(0, length)
        if (at < length) changed[at] = byte
        await decode(changed).catch((error: unknown) => {
          if (!(error instanceof StudioError)) throw error
        })
      }),
      { numRuns: 2000 }
    )
  })
})

describe('NPZ archives', () => {
  const array = encodeNpy({ dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) })
  const objects = file(`{'descr': '|O', 'fortran_order': False, 'shape': (1,), }`)
  const open = (entries: Record<string, Uint8Array>, level: 0 | 6) =>
    readCheckpoint(memorySource('x.npz', zipSync(entries, { level })))

  test.each([0, 6] as const)('arrays are read, objects are left out by name (level %i)', async (level) => {
    const { stateDict, notes } = await open({ 'a.npy': array, 'evil.npy': objects, 'readme.txt': array }, level)
    expect([...stateDict.keys()]).toEqual(['a'])
    expect((await stateDict.get('a')?.read())?.data).toEqual(Float32Array.of(1, 2))
    expect(notes.map(({ message }) => message)).toEqual([
      '“evil” was left out: it holds Python objects, which could run code. Save it again as numbers, for example with array.astype("float32").'
    ])
  })

  test('without an array of numbers it is no model', async () => {
    await expect(open({ 'evil.npy': objects }, 0)).rejects.toMatchObject({ code: 'not-a-model' })
  })

  test('a broken array is an error', async () => {
    await expect(open({ 'a.npy': array.subarray(0, 130) }, 0)).rejects.toMatchObject({ code: 'truncated', entry: 'a' })
  })
})

describe.skipIf(!existsSync(GOLDEN))('arrays that NumPy wrote (needs ../shared)', () => {
  test('are read and written again byte by byte', async () => {
    const folder = join(GOLDEN, 'rn-tiny')
    const files = readdirSync(folder).filter((name) => name.endsWith('.npy'))
    expect(files.length).toBeGreaterThan(10)
    for (const name of files) {
      const bytes = new Uint8Array(readFileSync(join(folder, name)))
      expect(Buffer.compare(encodeNpy(await decode(bytes)), bytes), name).toBe(0)
    }
  })
})
