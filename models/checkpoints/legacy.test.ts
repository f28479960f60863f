import { describe, expect, test } from 'vitest'
import { PickleWriter } from '../../bench/write-pickle'
import { readCheckpoint } from './index'
import { memorySource } from './memory-source'

function pickle(write: (writer: PickleWriter) => void): Uint8Array {
  const writer = new PickleWriter()
  write(writer)
  return writer.finish()
}

const MAGIC = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex')

function count(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(BigInt(value))
  return bytes
}

/** A file with `w` = [0, 1, 2] and `v` = [3], and `padding` bytes of metadata. */
function legacyFile({
  padding = 0,
  little = true,
  counts = [3, 1] as (number | bigint)[],
  keys = ['0', '1']
} = {}): Uint8Array {
  const values = (numbers: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * numbers.length)
    numbers.forEach((value, i) => (little ? bytes.writeFloatLE(value, 4 * i) : bytes.writeFloatBE(value, 4 * i)))
    return bytes
  }
  return Buffer.concat([
    MAGIC,
    pickle((writer) => writer.value(1001)),
    pickle((writer) => writer.value({ protocol_version: 1001, little_endian: little })),
    pickle((writer) =>
      writer.dict<() => void>(
        [
          ['w', () => writer.tensor('float32', [3], '0')],
          ['v', () => writer.tensor('float32', [1], '1')],
          ['text', () => writer.value('x'.repeat(padding))]
        ],
        (write) => write()
      )
    ),
    pickle((writer) => writer.value(keys)),
    count(counts[0] ?? 0),
    values([0, 1, 2]),
    count(counts[1] ?? 0),
    values([3])
  ])
}

const open = (bytes: Uint8Array) => readCheckpoint(memorySource('x.pth', bytes))

describe('files of before PyTorch 1.6', () => {
  test.each([true, false])('tensors and the rest are read (little-endian: %s)', async (little) => {
    const checkpoint = await open(legacyFile({ little }))
    expect(checkpoint.format).toBe('pytorch-legacy')
    expect((await checkpoint.stateDict.get('w')?.read())?.data).toEqual(Float32Array.of(0, 1, 2))
    expect((await checkpoint.stateDict.get('v')?.read())?.data).toEqual(Float32Array.of(3))
    expect(checkpoint.extras.get('text')).toBe('')
  })

  test('pickles longer than the first read', async () => {
    const { stateDict, extras } = await open(legacyFile({ padding: 3_000_000 }))
    expect((await stateDict.get('v')?.read())?.data).toEqual(Float32Array.of(3))
    expect(extras.get('text')).toBe('x'.repeat(3_000_000))
  })

  test.each<[string, Uint8Array, string]>([
    ['another count than the pickle', legacyFile({ counts: [2, 1] }), 'corrupt'],
    ['a count of 2^61', legacyFile({ counts: [3, 2n ** 61n] }), 'corrupt'],
    ['a storage that nothing describes', legacyFile({ keys: ['0', '7'] }), 'corrupt'],
    ['a storage that is missing', legacyFile({ keys: ['0'] }), 'corrupt'],
    ['an end inside of a storage', legacyFile().subarray(0, -2), 'truncated'],
    ['an end inside of a count', legacyFile().subarray(0, -7), 'truncated'],
    ['an end inside of the pickles', legacyFile().subarray(0, 120), 'truncated'],
    ['a pickle of something else', pickle((writer) => writer.value({ a: 1 })), 'not-a-model'],
    ['another protocol', Buffer.concat([MAGIC, pickle((writer) => writer.value(7))]), 'unsupported'],
    ['a pickle of protocol 0', Buffer.from("(dp0\nS'a'\np1\nI1\ns."), 'not-a-model'],
    ['a name of protocol 0', Buffer.from('cposix\nsystem\np0\n.'), 'code']
  ])('refused: %s', async (_, bytes, code) => {
    await expect(open(bytes)).rejects.toMatchObject({ code, file: 'x.pth' })
  })
})
