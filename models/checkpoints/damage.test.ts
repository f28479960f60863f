import fc from 'fast-check'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { random } from '../../bench/random-tensor'
import { writeCheckpoint } from '../../bench/write-checkpoint'
import { StudioError } from '../errors'
import { elementCount } from '../tensor'
import { readCheckpoint } from './index'
import { memorySource } from './memory-source'

const HOSTILE = join(import.meta.dirname, '../../../shared/hostile')

/** Opens and reads everything: 'opened', or the code of the StudioError. Anything else that is thrown fails the test. */
async function outcome(name: string, bytes: Uint8Array): Promise<string> {
  try {
    const { stateDict, others, extras } = await readCheckpoint(memorySource(name, bytes))
    for (const tensor of [stateDict, ...others.values()].flatMap((state) => [...state.values()])) {
      // what a damaged header may ask for is limited to 64 MiB; most of that is not worth the time here
      if (elementCount(tensor.shape) > 1e5) continue
      const { data, shape } = await tensor.read()
      if (data.length !== elementCount(shape)) expect.unreachable(`${name}: ${tensor.name} is of another size`)
    }
    JSON.stringify([...extras], (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
    return 'opened'
  } catch (error) {
    if (error instanceof StudioError) return error.code
    throw error
  }
}

const FAULTS = ['code', 'truncated', 'corrupt', 'range', 'limit', 'path', 'unsupported', 'not-a-model']

describe('damaged files', () => {
  let folder = ''
  const files = new Map<string, Uint8Array>()
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'damage-'))
    const path = join(folder, 'written.pth')
    await writeCheckpoint(path, {
      tensors: [
        ['a.weight', random('float32', [4, 3], { seed: 1 })],
        ['a.bias', random('float16', [4], { seed: 2 })],
        ['n', random('int64', [], { seed: 3 })]
      ],
      container: 'state_dict',
      extras: { meta: { config: 'a = 1', CLASSES: ['x', 'y'], epoch: 3 } }
    })
    files.set('written.pth', readFileSync(path))
    if (!existsSync(HOSTILE)) return
    for (const name of readdirSync(HOSTILE)) {
      const bytes = readFileSync(join(HOSTILE, name))
      if (/^good-.*\.(pth|pt|safetensors|npy|onnx)$/.test(name)) files.set(name, bytes)
    }
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('as they are, they open', async () => {
    for (const [name, bytes] of files) expect(await outcome(name, bytes), name).toBe('opened')
  })

  test('cut at any byte, every one is refused', async () => {
    for (const [name, bytes] of files) {
      for (let length = 0; length < bytes.length; length++) {
        const found = await outcome(name, bytes.subarray(0, length))
        if (!FAULTS.includes(found)) expect.unreachable(`${name} cut at ${length}: ${found}`)
      }
    }
  })

  test('with bytes changed: refused, or opened', async () => {
    const names = [...files.keys()]
    const change = fc.record({ at: fc.nat(1_000_000), byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0xff)) })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        async (name, changes) => {
          const bytes = new Uint8Array(files.get(name) ?? [])
          for (const { at, byte } of changes) bytes[at % bytes.length] = byte
          const found = await outcome(name, bytes)
          if (found !== 'opened') expect(FAULTS, name).toContain(found)
        }
      ),
      { numRuns: 4000 }
    )
  })

  test('every bit of a checkpoint turned', async () => {
    const good = files.get('written.pth') ?? new Uint8Array(0)
    const counts = { opened: 0, refused: 0 }
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bytes = new Uint8Array(good)
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const found = await outcome('written.pth', bytes)
      if (found === 'opened') counts.opened++
      else counts.refused++
    }
    // what may change unseen is padding, dates, versions and (with a note) values: data.pkl is under its checksum
    expect(counts.refused).toBeGreaterThan(1000)
    expect(counts.opened).toBeGreaterThan(100)
  })

  test('random bytes behind every signature', async () => {
    const signatures = fc.constantFrom(
      ...['504b0304', '504b0506', '8002', '8004', '934e554d50590100', '0808', '8002635f5f', '2870', '7b22', ''],
      ...['80028a0a6cfc9c46f9206aa850192e8002', '10000000000000007b']
    )
    const name = fc.constantFrom('x.pth', 'x.pt', 'x.safetensors', 'x.onnx', 'x.npy', 'x.npz', 'x.bin', 'x')
    await fc.assert(
      fc.asyncProperty(signatures, name, fc.uint8Array({ maxLength: 300 }), async (hex, file, rest) => {
        const found = await outcome(file, new Uint8Array(Buffer.concat([Buffer.from(hex, 'hex'), rest])))
        if (found !== 'opened') expect(FAULTS).toContain(found)
      }),
      { numRuns: 3000 }
    )
  })
})
