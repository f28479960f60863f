import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openFile } from '../../main/files'
import { StudioError } from '../errors'
import { toFloat32, type Tensor } from '../tensor'
import type { Checkpoint, StateDict } from './checkpoint'
import { examineWeights } from './examine'
import { readCheckpoint } from './index'

const HOSTILE = join(import.meta.dirname, '../../../shared/hostile')

interface TensorClaim {
  shape: number[]
  dtype: string
  sha256: string
}
interface Case {
  file: string
  format: string
  about: string
  expected: 'reject' | 'accept' | 'accept-and-skip-unknown-objects'
  or?: Case['expected']
  reasons?: string[]
  container?: string[]
  tensors?: Record<string, TensorClaim>
  optionalTensors?: Record<string, TensorClaim>
  others?: Record<string, Record<string, TensorClaim>>
  classes?: string[]
  seconds?: number
  extraMemoryMiB?: number
}

const isThere = existsSync(HOSTILE)
const cases: Case[] = isThere
  ? JSON.parse(readFileSync(join(HOSTILE, 'manifest.json'), 'utf8')).cases.filter((c: Case) => c.format !== 'image')
  : []

/** As the manifest says: float32, little-endian, NaN as 7fc00000. */
function hashOf(tensor: Tensor): string {
  const { data } = toFloat32(tensor)
  const bits = new Uint32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength))
  for (const [i, value] of data.entries()) if (Number.isNaN(value)) bits[i] = 0x7fc00000
  return createHash('sha256').update(new Uint8Array(bits.buffer)).digest('hex')
}

async function expectTensors(stateDict: StateDict, claims: Record<string, TensorClaim>): Promise<void> {
  for (const [name, claim] of Object.entries(claims)) {
    const stored = stateDict.get(name)
    expect(stored, name).toBeDefined()
    if (!stored) continue
    const tensor = await stored.read()
    const found = { shape: tensor.shape, dtype: tensor.dtype, sha256: hashOf(tensor) }
    expect(found, name).toEqual({ shape: claim.shape, dtype: claim.dtype, sha256: claim.sha256 })
  }
}

/** Every name of the file is either listed by the manifest or left out by the reader. */
function expectNoOthers(stateDict: StateDict, { tensors = {}, optionalTensors = {} }: Case): void {
  const known = new Set([...Object.keys(tensors), ...Object.keys(optionalTensors)])
  expect([...stateDict.keys()].filter((name) => !known.has(name))).toEqual([])
}

describe.skipIf(!isThere)('hostile and odd files (needs ../shared)', () => {
  let folder = ''
  const before = process.cwd()
  const leftInTmp = (): string[] => readdirSync(tmpdir()).filter((name) => name.includes('PWNED'))

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hostile-'))
    process.chdir(folder)
  })
  afterAll(() => {
    process.chdir(before)
    rmSync(folder, { recursive: true })
  })

  test('every checkpoint, array and ONNX model of the manifest is tried', () => {
    expect(cases.length).toBe(100)
  })

  test.each(cases)('$file: $expected', async (c) => {
    const file = await openFile(join(HOSTILE, c.file))
    const memoryBefore = process.memoryUsage().rss
    const startMs = performance.now()
    let checkpoint: Checkpoint | undefined
    let error: unknown
    try {
      checkpoint = await readCheckpoint(file)
      for (const tensor of checkpoint.stateDict.values()) await tensor.read()
    } catch (caught) {
      error = caught
    }
    const seconds = (performance.now() - startMs) / 1000
    const extraMiB = (process.memoryUsage().rss - memoryBefore) / 2 ** 20
    try {
      expect(seconds).toBeLessThan(c.seconds ?? 2)
      expect(extraMiB).toBeLessThan(c.extraMemoryMiB ?? 256)
      expect(readdirSync(folder)).toEqual([])
      expect(leftInTmp()).toEqual([])
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
      const allowed = [c.expected, ...(c.or ? [c.or] : [])]
      if (error === undefined) {
        expect(
          allowed.some((outcome) => outcome !== 'reject'),
          `should be refused: ${c.about}`
        ).toBe(true)
      } else {
        if (!(error instanceof StudioError)) throw error
        expect(allowed, error.message).toContain('reject')
        expect(c.reasons, error.message).toContain(error.code)
        expect(error.file).toBe(c.file)
        expect(error.message.startsWith(`${c.file}: `)).toBe(true)
      }
      if (checkpoint && error === undefined) {
        expect(checkpoint.container).toEqual(c.container)
        await expectTensors(checkpoint.stateDict, c.tensors ?? {})
        expectNoOthers(checkpoint.stateDict, c)
        for (const [key, claims] of Object.entries(c.others ?? {})) {
          await expectTensors(checkpoint.others.get(key) ?? new Map(), claims)
        }
        if (c.file === 'good-nan-inf.pth') expect((await examineWeights(checkpoint.stateDict)).notFinite).toBe(3)
        if (c.file === 'storage-bit-rot.pth') expect(checkpoint.notes.map(({ code }) => code)).toEqual(['checksum'])
        const meta = checkpoint.extras.get('meta')
        if (c.classes) expect(meta instanceof Map && meta.get('CLASSES')).toEqual(c.classes)
      }
    } finally {
      await file.close()
    }
  })
})
