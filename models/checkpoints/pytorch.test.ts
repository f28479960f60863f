import { zipSync } from 'fflate'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { random, type TensorToWrite } from '../../bench/random-tensor'
import { writeCheckpoint } from '../../bench/write-checkpoint'
import { openFile } from '../../main/files'
import type { Checkpoint } from './checkpoint'
import { examineWeights } from './examine'
import { readCheckpoint } from './index'
import { memorySource } from './memory-source'

const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer)

/** Pickles of protocol 2 as text, with these abbreviations. */
const text = (value: string): string => `X${String.fromCharCode(value.length)}\0\0\0${value}`
const storage = (key: string, count: number, type = 'torch\nFloatStorage'): string =>
  `(${text('storage')}c${type}\n${text(key)}${text('cpu')}K${String.fromCharCode(count)}tQ`
const numbers = (...values: number[]): string => `(${values.map((value) => `K${String.fromCharCode(value)}`).join('')}t`
const tensor = (key: string, count: number, type?: string): string =>
  `ctorch._utils\n_rebuild_tensor_v2\n(${storage(key, count, type)}K\0${numbers(count)}${numbers(1)}\x89NtR`
const stateDict = (...items: string[]): string => `}(${items.join('')}u.`

function archive(pickle: string, files: Record<string, Uint8Array> = {}): Uint8Array {
  const named = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`m/${name}`, bytes]))
  return zipSync({ 'm/data.pkl': Buffer.from(`\x80\x02${pickle}`, 'latin1'), ...named }, { level: 0 })
}

const open = (bytes: Uint8Array): Promise<Checkpoint> => readCheckpoint(memorySource('x.pth', bytes))

async function valuesOf(checkpoint: Checkpoint): Promise<Map<string, number[]>> {
  const values = new Map<string, number[]>()
  for (const [name, stored] of checkpoint.stateDict) values.set(name, [...(await stored.read()).data].map(Number))
  return values
}

describe('what builds a tensor', () => {
  const w = tensor('0', 2)
  const v3 = (type: string): string =>
    `ctorch._utils\n_rebuild_tensor_v3\n(${storage('0', 8, 'torch.storage\nUntypedStorage')}K\0${numbers(2)}${numbers(1)}\x89N${type}}tR`
  test.each([
    ['_rebuild_tensor_v2', w],
    ['_rebuild_tensor', w.replace('_v2', '').replace('\x89N', '')],
    ['_rebuild_tensor_v3', v3('ctorch\nfloat32\n')],
    ['a storage of a graphics card', tensor('0', 2, 'torch.cuda\nFloatStorage')],
    ['_rebuild_parameter', `ctorch._utils\n_rebuild_parameter\n(${w}\x88NtR`],
    ['_rebuild_parameter_with_state', `ctorch._utils\n_rebuild_parameter_with_state\n(${w}\x88N}tR`],
    ['Parameter', `ctorch.nn.parameter\nParameter\n(${w}t\x81(\x88\x89}tb`],
    [
      'a subclass of Tensor',
      `ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\ncmy.own\nTensor\n(${storage('0', 2)}K\0${numbers(2)}${numbers(1)}\x89Nt}tR`
    ]
  ])('%s', async (_, pickled) => {
    const checkpoint = await open(archive(stateDict(text('w'), pickled), { 'data/0': floats(3, 4) }))
    expect(await valuesOf(checkpoint)).toEqual(new Map([['w', [3, 4]]]))
    expect(checkpoint.notes).toEqual([])
  })

  test('types that are not read are left out by name', async () => {
    const items = [
      text('w'),
      w,
      text('f8'),
      v3('ctorch\nfloat8_e4m3fn\n'),
      text('s'),
      tensor('0', 1, 'torch\nOddStorage')
    ]
    const checkpoint = await open(archive(stateDict(...items), { 'data/0': floats(3, 4) }))
    expect([...checkpoint.stateDict.keys()]).toEqual(['w'])
    expect(checkpoint.notes.map(({ message }) => message)).toEqual([
      '“f8” was left out: “torch.float8_e4m3fn” is not read here.',
      '“s” was left out: “torch.OddStorage” is not read here.'
    ])
  })

  test.each([
    ['a storage that is none', w.replace('storage', 'mystery')],
    ['a storage of -1 elements', w.replace('K\x02tQ', 'J\xff\xff\xff\xfftQ')],
    ['sizes that are text', w.replace(numbers(2), `(${text('2')}t`)],
    ['no storage', 'ctorch._utils\n_rebuild_tensor_v2\n(NK\0))\x89NtR'],
    ['no type', v3('N')]
  ])('refused: %s', async (_, pickled) => {
    const file = archive(stateDict(text('w'), pickled), { 'data/0': floats(3, 4) })
    await expect(open(file)).rejects.toMatchObject({ code: 'corrupt', entry: 'm/data.pkl' })
  })
})

describe('archives', () => {
  const good = stateDict(text('w'), tensor('0', 2))

  test('big-endian values are swapped', async () => {
    const bytes = new Uint8Array(Buffer.from('40400000c0800000', 'hex'))
    const file = archive(good, { byteorder: Buffer.from('big'), 'data/0': bytes })
    expect((await valuesOf(await open(file))).get('w')).toEqual([3, -4])
    const odd = archive(good, { byteorder: Buffer.from('middle'), 'data/0': bytes })
    await expect(open(odd)).rejects.toMatchObject({ code: 'corrupt', entry: 'm/byteorder' })
  })

  test('no folder, and two of them', async () => {
    const pickle = Buffer.from(`\x80\x02${good}`, 'latin1')
    const bare = zipSync({ 'data.pkl': pickle, 'data/0': floats(1, 2) }, { level: 0 })
    expect((await valuesOf(await open(bare))).get('w')).toEqual([1, 2])
    const two = zipSync({ 'a/data.pkl': pickle, 'b/data.pkl': pickle }, { level: 0 })
    await expect(open(two)).rejects.toMatchObject({ code: 'corrupt' })
  })

  test('TorchScript: names are joined by dots, modules without end are refused', async () => {
    const module = (state: string): string => `c__torch__.m\nNet\n)\x81}(${state}ub`
    const pickle = module(
      `${text('training')}\x89${text('conv')}${module(text('weight') + tensor('0', 2))}${text('n')}N`
    )
    const file = archive(`${pickle}.`, { 'data/0': floats(1, 2), 'constants.pkl': Buffer.from('\x80\x02).', 'latin1') })
    const checkpoint = await open(file)
    expect(checkpoint.format).toBe('torchscript')
    expect(await valuesOf(checkpoint)).toEqual(new Map([['conv.weight', [1, 2]]]))

    // a module that is its own part
    const self = archive(`c__torch__.m\nNet\n)\x81q\0}(${text('a')}h\0${text('b')}h\0ub.`, {
      'constants.pkl': Buffer.from('\x80\x02).', 'latin1')
    })
    await expect(open(self)).rejects.toMatchObject({ code: 'limit' })
  })
})

describe('large archives', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pytorch-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('opening reads headers and the pickle, never the values', async () => {
    const path = join(folder, 'large.pth')
    const tensors = new Map<string, TensorToWrite>()
    for (let i = 0; i < 100; i++) tensors.set(`w${i}`, { dtype: 'float32', shape: [100_000] })
    await writeCheckpoint(path, { tensors })
    const file = await openFile(path)
    let bytesRead = 0
    const counted = {
      ...file,
      name: file.name,
      size: file.size,
      read: (start: number, end: number) => {
        bytesRead += end - start
        return file.read(start, end)
      }
    }
    const { stateDict } = await readCheckpoint(counted)
    expect(stateDict.size).toBe(100)
    expect(file.size).toBeGreaterThan(40e6)
    expect(bytesRead).toBeLessThan(200_000)
    await file.close()
  })

  test('examining finds damage and values that are not finite, once for a shared storage', async () => {
    const path = join(folder, 'bad.pth')
    const values = Float32Array.of(1, NaN, Infinity, -Infinity, -0, 1e-40)
    await writeCheckpoint(path, {
      tensors: [
        ['filler', random('float32', [9_000_000], { seed: 1 })],
        ['w', { dtype: 'float32', shape: [6], values: (start, end) => values.slice(start, end) }],
        ['h', { dtype: 'float16', shape: [2], values: () => Uint16Array.of(0x7c00, 0x3c00) }],
        ['b', { dtype: 'bfloat16', shape: [2], values: () => Uint16Array.of(0x7fc0, 0x3f80) }],
        ['n', { dtype: 'int64', shape: [1], values: () => BigInt64Array.of(-1n) }]
      ]
    })
    const file = await openFile(path)
    const good = await readCheckpoint(file)
    const shares: number[] = []
    const found = await examineWeights(good.stateDict, { onProgress: (share) => shares.push(share) })
    expect(found.notFinite).toBe(5)
    expect(found.notes).toEqual([
      { code: 'not-finite', message: 'The model holds 5 values that are not finite, in “w”, “h”, “b”.' }
    ])
    expect(shares).toEqual([0.2, 0.4, 0.6, 0.8, 1])

    // a turned bit in the first storage: too large to be checked when it is opened
    const damaged = {
      name: 'bad.pth',
      size: file.size,
      read: async (start: number, end: number) => {
        const bytes = await file.read(start, end)
        if (start <= 1_000_000 && 1_000_000 < end) bytes[1_000_000 - start] = (bytes[1_000_000 - start] ?? 0) ^ 1
        return bytes
      }
    }
    const opened = await readCheckpoint(damaged)
    expect(opened.notes).toEqual([])
    const { notes } = await examineWeights(opened.stateDict)
    expect(notes.map(({ code }) => code)).toEqual(['not-finite', 'checksum'])
    const aborted = new AbortController()
    aborted.abort()
    await expect(examineWeights(good.stateDict, { signal: aborted.signal })).rejects.toMatchObject({
      name: 'AbortError'
    })
    await file.close()
  })
})
