import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Progress } from '#models/api'
import { createEngine, type LocalEngine } from './engine'

const SYSTEMS = resolve('../shared/golden-systems')
const HOSTILE = resolve('../shared/hostile')
const of = (path: string) => join(SYSTEMS, path)

let folder = ''
let engine: LocalEngine
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'denseclip-doctor-'))
  engine = createEngine({ cacheFolder: join(folder, 'cache') })
})
afterAll(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

describe.skipIf(!existsSync(SYSTEMS))('inspect (needs ../shared)', () => {
  it('pairs the names of Hugging Face with those that are used, and q, k and v with what they become', async () => {
    const { detection, entries } = await engine.inspect({ path: of('clip-vit/checkpoint.safetensors') })
    expect(detection?.renamed).toContainEqual({
      name: 'visual.conv1.weight',
      stored: ['vision_model.embeddings.patch_embedding.weight']
    })
    const stored = ['q', 'k', 'v'].map((part) => `text_model.encoder.layers.0.self_attn.${part}_proj.weight`)
    expect(detection?.renamed).toContainEqual({ name: 'transformer.resblocks.0.attn.in_proj_weight', stored })
    // every renamed tensor is one of the file
    const names = new Set(entries.map(({ name }) => name))
    expect(detection?.renamed.flatMap((renamed) => renamed.stored).filter((name) => !names.has(name))).toEqual([])
    const plain = await engine.inspect({ path: of('clip-vit/checkpoint.pt') })
    expect(plain.detection?.renamed).toEqual([])
  })

  it('says which positions are resized, and for which pictures not', async () => {
    const vit = await engine.inspect({ path: of('clip-vit/checkpoint.pt') })
    expect(vit.detection?.resized).toEqual([
      { name: 'visual.positional_embedding', stored: [4, 4], by: 'bilinear', untouchedFor: 64 }
    ])
    const masked = await engine.inspect({ path: of('clip-vit/checkpoint.pt'), as: 'maskclip' })
    expect(masked.detection).toMatchObject({ system: 'maskclip', resized: [{ by: 'bicubic' }] })
    const tables = await engine.inspect({ path: of('sam-interpolated/checkpoint.pth') })
    expect(tables.detection?.resized).toContainEqual(expect.objectContaining({ stored: [15], to: [23], by: 'linear' }))
    expect(tables.detection?.resized.every(({ name }) => /rel_pos_[hw]$/.test(name))).toBe(true)
    expect((await engine.inspect({ path: of('sam/checkpoint.pth') })).detection?.resized).toEqual([])
  })

  it('says what holds for a number that the user sets, and refuses one that cannot be', async () => {
    const path = of('clip-vit/checkpoint.pt')
    const { detection } = await engine.inspect({ path, overrides: { heads: 4 } })
    const heads = detection?.facts.find(({ key }) => key === 'heads')
    expect(heads).toMatchObject({ value: 4, source: 'user', setting: { otherwiseFrom: 'published rule' } })
    expect(detection?.facts.find(({ key }) => key === 'activation')?.setting?.options).toEqual(['quick_gelu', 'gelu'])
    await expect(engine.inspect({ path, overrides: { heads: 7 } })).rejects.toMatchObject({
      code: 'invalid',
      entry: 'heads'
    })
  })

  it('says which other files are needed, and takes them', async () => {
    const path = of('coop-real/model.pth.tar-50')
    expect((await engine.inspect({ path })).detection?.needs).toEqual(['clip'])
    const companions = { clip: of('clip-rn/checkpoint.pt') }
    expect((await engine.inspect({ path, companions })).detection).toMatchObject({ needs: [], system: 'coop' })
  })
})

describe('a file that its family refuses', () => {
  /** CLIP's ViT, as far as it takes to be sure of that, of a width that the published rule does not divide. */
  async function oddClip(): Promise<string> {
    const shapes = {
      'token_embedding.weight': [8, 64],
      positional_embedding: [7, 64],
      text_projection: [64, 48],
      'visual.proj': [200, 48],
      'visual.conv1.weight': [200, 3, 4, 4],
      'visual.class_embedding': [200],
      'visual.positional_embedding': [5, 200],
      'visual.transformer.resblocks.0.ln_1.weight': [200]
    }
    let end = 0
    const entries = Object.entries(shapes).map(([name, shape]) => {
      const start = end
      end += 2 * shape.reduce((product, size) => product * size, 1)
      return [name, { dtype: 'F16', shape, data_offsets: [start, end] }] as const
    })
    const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)))
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(header.length))
    const path = join(folder, 'odd-clip.safetensors')
    await writeFile(path, Buffer.concat([length, header, Buffer.alloc(end)]))
    return path
  }

  it('is told with the setting that may help, which then does', async () => {
    const path = await oddClip()
    const refused = await engine.inspect({ path })
    expect(refused).toMatchObject({ detection: undefined, refusal: { setting: 'heads' } })
    expect(refused.refusal?.message).toMatch(/heads is 3, which does not divide the width 200/)
    expect(refused.entries).toHaveLength(8)
    const taken = await engine.inspect({ path, overrides: { heads: 4 } })
    expect(taken.refusal).toBeUndefined()
    expect(taken.detection?.system).toBe('clip')
    expect(taken.detection?.missing.length).toBeGreaterThan(10)
  })
})

describe.skipIf(!existsSync(SYSTEMS))('weights (needs ../shared)', () => {
  it('are those of the tensor by its stored name', async () => {
    const path = of('clip-vit/checkpoint.pt')
    const [found] = await engine.weights({ path, names: ['visual.positional_embedding'] })
    expect(found?.count).toBeGreaterThan(0)
    expect(found?.histogram.counts.reduce((sum, n) => sum + n, 0)).toBe(found?.count)
    await expect(engine.weights({ path, names: ['x'] })).rejects.toMatchObject({ code: 'invalid', entry: 'x' })
  })

  it('count what is not finite, and name the tensors', async () => {
    const path = join(HOSTILE, 'good-nan-inf.pth')
    const { notFinite, notFiniteIn = [] } = await engine.inspect({ path, countNotFinite: true })
    expect(notFiniteIn.reduce((sum, { count }) => sum + count, 0)).toBe(notFinite)
    const names = notFiniteIn.map(({ name }) => name)
    const found = await engine.weights({ path, names })
    expect(found.map((of) => of.nan + of.positiveInfinity + of.negativeInfinity)).toEqual(
      notFiniteIn.map(({ count }) => count)
    )
  })
})

describe.skipIf(!existsSync(SYSTEMS))('compareCheckpoints (needs ../shared)', () => {
  const path = of('clip-vit/checkpoint.safetensors')

  it('finds the values that were changed, and nothing else', async () => {
    const changed = join(folder, 'changed.safetensors')
    await copyFile(path, changed)
    const bytes = await readFile(path)
    const headerLength = Number(bytes.readBigUInt64LE(0))
    const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString()) as Record<
      string,
      { data_offsets: [number, number] }
    >
    const name = 'vision_model.embeddings.class_embedding'
    const file = await open(changed, 'r+')
    await file.write(Buffer.alloc(2, 0x40), 0, 2, 8 + headerLength + (header[name]?.data_offsets[0] ?? 0))
    await file.close()
    const steps: Progress[] = []
    const onProgress = (progress: Progress) => void steps.push(progress)
    const { family, rows } = await engine.compareCheckpoints(
      { first: { path }, second: { path: changed } },
      { onProgress }
    )
    expect(family).toBe('clip')
    const differing = rows.filter(({ status }) => status !== 'same')
    expect(differing).toMatchObject([{ name: 'visual.class_embedding', status: 'differs', first: { name } }])
    expect(differing[0]?.difference?.maxAbs).toBeGreaterThan(0)
    expect(steps.at(-1)).toMatchObject({ step: 'compare', share: 1 })
  })

  it('is by meaning where the same weights have other names', async () => {
    const { rows } = await engine.compareCheckpoints({
      first: { path },
      second: { path: of('clip-vit/checkpoint.pt') }
    })
    const shared = rows.filter(({ status }) => !status.startsWith('only'))
    expect(shared.length).toBeGreaterThan(40)
    expect(Math.max(...shared.map(({ difference }) => difference?.relativeL2 ?? 1))).toBe(0)
  })

  it('is by stored names where the families differ', async () => {
    const { family, rows } = await engine.compareCheckpoints({
      first: { path },
      second: { path: of('imagenet-resnet/checkpoint.pth') }
    })
    expect(family).toBeUndefined()
    expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['only-first', 'only-second']))
  })

  it('can be ended, and says what is wrong with a file', async () => {
    const controller = new AbortController()
    const onProgress = () => controller.abort()
    const ended = engine.compareCheckpoints(
      { first: { path }, second: { path } },
      { signal: controller.signal, onProgress }
    )
    await expect(ended).rejects.toMatchObject({ code: 'cancelled' })
    const broken = join(folder, 'broken.pth')
    await writeFile(broken, '<!doctype html>')
    await expect(engine.compareCheckpoints({ first: { path }, second: { path: broken } })).rejects.toMatchObject({
      file: 'broken.pth'
    })
  })
})
