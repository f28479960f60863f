import { describe, expect, test } from 'vitest'
import { duplicateKey } from './json-keys'
import { memorySource } from './memory-source'
import { safetensors } from './safetensors'

function file(header: unknown, dataBytes: number): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([length, text, Uint8Array.from({ length: dataBytes }, (_, i) => i)])
}

const open = (bytes: Uint8Array) => safetensors.read(memorySource('x.safetensors', bytes))

const W = { dtype: 'F32', shape: [2], data_offsets: [0, 8] }

describe('safetensors', () => {
  test('names, metadata and values, in any order of the header', async () => {
    const { stateDict, extras, notes } = await open(
      file(
        {
          b: { dtype: 'I16', shape: [], data_offsets: [8, 10] },
          __metadata__: { format: 'pt' },
          __proto: W,
          nothing: { dtype: 'F64', shape: [0, 2], data_offsets: [10, 10] },
          f8: { dtype: 'F8_E4M3', shape: [2], data_offsets: [10, 12] }
        },
        12
      )
    )
    expect([...stateDict.keys()]).toEqual(['b', '__proto', 'nothing'])
    expect((await stateDict.get('b')?.read())?.data).toEqual(Int16Array.of(0x0908))
    expect(extras.get('__metadata__')).toEqual(new Map([['format', 'pt']]))
    expect(notes).toEqual([{ code: 'skipped', message: '“f8” was left out: F8_E4M3 is not read here.' }])
  })

  test('a name of JavaScript’s own is a name like any other', async () => {
    const { stateDict } = await open(file('{"__proto__":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', 8))
    expect([...stateDict.keys()]).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>)['dtype']).toBeUndefined()
  })

  test.each<[string, Uint8Array, string]>([
    ['an array', file('[]', 0), 'corrupt'],
    ['text that is no UTF-8', Buffer.concat([file('', 0).fill(3, 0, 1), Buffer.of(0xff, 0xfe, 0xff)]), 'corrupt'],
    ['a tensor that is a number', file({ w: 1 }, 0), 'corrupt'],
    ['no type', file({ w: { ...W, dtype: 3 } }, 8), 'corrupt'],
    ['no shape', file({ w: { ...W, shape: 2 } }, 8), 'corrupt'],
    ['a shape of fractions', file({ w: { ...W, shape: [0.5] } }, 8), 'corrupt'],
    ['one offset', file({ w: { ...W, data_offsets: [0] } }, 8), 'corrupt'],
    ['an unknown type', file({ w: { ...W, dtype: 'F128' } }, 8), 'unsupported'],
    ['too few bytes', file({ w: { ...W, shape: [3] } }, 8), 'range'],
    ['bytes that belong to nobody, at the end', file({ w: W }, 9), 'range'],
    ['bytes that belong to nobody, in front', file({ w: { ...W, data_offsets: [1, 9] } }, 9), 'range'],
    ['an overlap', file({ a: W, w: { ...W, data_offsets: [4, 12] } }, 12), 'range'],
    ['missing data', file({ w: W }, 7), 'truncated'],
    ['metadata that is no text', file({ __metadata__: { a: {} }, w: W }, 8), 'corrupt'],
    ['deep nesting', file(`${'['.repeat(1_000_000)}`, 0), 'limit'],
    ['three bytes', new Uint8Array(3), 'truncated']
  ])('refused: %s', async (_, bytes, code) => {
    await expect(open(bytes)).rejects.toMatchObject({ code, file: 'x.safetensors' })
  })

  test('a key that is there twice is found, however it is spelt', () => {
    expect(duplicateKey('{"a":{"x":1},"b":{"x":2},"c":["a","a"]}', 4)).toEqual({ duplicate: undefined, depth: 2 })
    expect(duplicateKey(String.raw`{"a" : 1, "\u0061" : 2}`, 4).duplicate).toBe('a')
    expect(duplicateKey('{"w":{"shape":[1],"shape":[2]}}', 4).duplicate).toBe('shape')
    expect(duplicateKey(String.raw`{"a\"":1,"a":2}`, 4).duplicate).toBeUndefined()
  })
})
