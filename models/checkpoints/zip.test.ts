import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { StudioError } from '../errors'
import { crc32 } from './crc32'
import { memorySource } from './memory-source'
import { openZip } from './zip'
import { openEntry, readEntry } from './zip-entry'
import { crc32 as nodeCrc32 } from 'node:zlib'

const HELLO = Buffer.from('hello, zip')

function find(bytes: Uint8Array, signature: number, from = 0): number {
  const head = Buffer.alloc(4)
  head.writeUInt32LE(signature)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(head, from)
}

const CENTRAL = 0x02014b50
const END = 0x06054b50

/** An archive of two entries, changed by `change`, which gets a view of it and where its parts begin. */
function archive(
  change: (view: DataView, at: { central: number; second: number; end: number }) => void = () => undefined,
  level: 0 | 6 = 0
): Uint8Array {
  const bytes = zipSync({ 'a/first': HELLO, 'a/second': new Uint8Array(5000) }, { level })
  const central = find(bytes, CENTRAL)
  const at = { central, second: find(bytes, CENTRAL, central + 1), end: find(bytes, END) }
  change(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), at)
  return bytes
}

async function readAll(bytes: Uint8Array): Promise<Map<string, Uint8Array>> {
  const zip = await openZip(memorySource('x.zip', bytes))
  const contents = new Map<string, Uint8Array>()
  for (const entry of zip.entries.values()) contents.set(entry.name, await readEntry(zip, entry, 10_000))
  return contents
}

async function codeOf(bytes: Uint8Array): Promise<string> {
  try {
    await readAll(bytes)
    return 'opened'
  } catch (error) {
    if (error instanceof StudioError) return error.code
    throw error
  }
}

describe('zip archives', () => {
  test('CRC-32 is that of zlib, in pieces too', () => {
    const bytes = Uint8Array.from({ length: 1003 }, (_, i) => (i * 7919) >> 3)
    expect(crc32(bytes)).toBe(nodeCrc32(bytes))
    expect(crc32(bytes.subarray(101), crc32(bytes.subarray(0, 101)))).toBe(nodeCrc32(bytes))
    expect(crc32(new Uint8Array(0))).toBe(0)
  })

  test.each([0, 6] as const)('stored and deflated entries are read (level %i)', async (level) => {
    const contents = await readAll(archive(undefined, level))
    expect(contents.get('a/first')).toEqual(new Uint8Array(HELLO))
    expect(contents.get('a/second')).toEqual(new Uint8Array(5000))
  })

  test('a stored entry is read in place, no more than was asked for', async () => {
    const source = memorySource('x.zip', archive())
    const reads: number[] = []
    const counted = {
      ...source,
      read: (start: number, end: number) => (reads.push(end - start), source.read(start, end))
    }
    const zip = await openZip(counted)
    const entry = zip.entries.get('a/second')
    const opened = entry && (await openEntry(zip, entry))
    reads.length = 0
    expect((await opened?.read(100, 103))?.length).toBe(3)
    expect(reads).toEqual([3])
  })

  test('a comment may follow the end', async () => {
    const bytes = archive((view, { end }) => view.setUint16(end + 20, 4, true))
    expect(await codeOf(Buffer.concat([bytes, Buffer.from('PK!!')]))).toBe('opened')
  })

  test.each<[string, (view: DataView, at: { central: number; second: number; end: number }) => void, string]>([
    [
      'a count that is too high',
      (view, { end }) => [8, 10].forEach((i) => view.setUint16(end + i, 3, true)),
      'corrupt'
    ],
    ['a count that is too low', (view, { end }) => [8, 10].forEach((i) => view.setUint16(end + i, 1, true)), 'corrupt'],
    ['another disk', (view, { end }) => view.setUint16(end + 4, 1, true), 'unsupported'],
    ['a directory elsewhere', (view, { end }) => view.setUint32(end + 16, 3, true), 'corrupt'],
    ['a directory that is cut', (view, { end }) => view.setUint32(end + 12, 40, true), 'corrupt'],
    ['a zip64 mark without a record', (view, { end }) => view.setUint32(end + 16, 0xffffffff, true), 'corrupt'],
    ['a comment that is not there', (view, { end }) => view.setUint16(end + 20, 9, true), 'truncated'],
    ['a broken central header', (view, { second }) => view.setUint8(second, 0), 'corrupt'],
    ['an encrypted entry', (view, { second }) => view.setUint16(second + 8, 1, true), 'unsupported'],
    ['strong encryption', (view, { second }) => view.setUint16(second + 8, 0x40, true), 'unsupported'],
    ['a wrong checksum', (view, { central }) => view.setUint32(central + 16, 1, true), 'corrupt'],
    ['an unknown method', (view, { central }) => view.setUint16(central + 10, 14, true), 'unsupported'],
    ['two methods', (view, { central }) => view.setUint16(central + 10, 8, true), 'corrupt'],
    ['two names', (view, { central }) => view.setUint8(central + 46, 0x62), 'corrupt'],
    ['two sizes', (view, { central }) => view.setUint32(central + 24, 9, true), 'corrupt'],
    ['a size beyond the next entry', (view, { central }) => view.setUint32(central + 20, 5000, true), 'range'],
    ['two entries in one place', (view, { second }) => view.setUint32(second + 42, 0, true), 'range'],
    ['an entry behind the directory', (view, { second }) => view.setUint32(second + 42, 9999, true), 'range'],
    ['a zip64 size without a field', (view, { second }) => view.setUint32(second + 24, 0xffffffff, true), 'corrupt'],
    [
      'a name with a zero byte',
      (view, { second }) => 'a/first\0'.split('').forEach((c, i) => view.setUint8(second + 46 + i, c.charCodeAt(0))),
      'path'
    ],
    ['a drive', (view, { second }) => view.setUint8(second + 47, 0x3a), 'path'],
    ['a backslash', (view, { second }) => view.setUint8(second + 47, 0x5c), 'path'],
    ['an absolute name', (view, { second }) => view.setUint8(second + 46, 0x2f), 'path'],
    [
      'a name that climbs',
      (view, { second }) => [0x2e, 0x2e, 0x2f].forEach((c, i) => view.setUint8(second + 46 + i, c)),
      'path'
    ]
  ])('refused: %s', async (_, change, code) => {
    expect(await codeOf(archive(change))).toBe(code)
  })

  test('the same name twice is refused', async () => {
    const bytes = zipSync({ 'a/x': HELLO, 'b/x': HELLO }, { level: 0 })
    for (let at = bytes.indexOf(0x62); at >= 0; at = bytes.indexOf(0x62, at + 1)) bytes[at] = 0x61
    expect(await codeOf(bytes)).toBe('corrupt')
  })

  test('an extra field that pushes values over the next entry is found when the entry is read', async () => {
    const bytes = archive((view) => view.setUint16(28, 60, true))
    expect(await codeOf(bytes)).toBe('range')
  })

  test('deflated data that is more or less than was said is refused', async () => {
    for (const size of [4999, 5001]) {
      const changed = archive((view, { second }) => {
        const local = view.getUint32(second + 42, true)
        view.setUint32(second + 24, size, true)
        view.setUint32(local + 22, size, true)
      }, 6)
      expect(await codeOf(changed)).toBe('corrupt')
    }
  })

  test('an entry that claims to inflate more than deflate can is refused unread', async () => {
    const bytes = archive((view, { second }) => {
      const local = view.getUint32(second + 42, true)
      view.setUint32(second + 24, 4_000_000, true)
      view.setUint32(local + 22, 4_000_000, true)
    }, 6)
    const zip = await openZip(memorySource('x.zip', bytes))
    const entry = zip.entries.get('a/second')
    if (!entry) throw new Error('entry is gone')
    await expect(openEntry(zip, entry)).rejects.toMatchObject({ code: 'limit', entry: 'a/second' })
  })
})
