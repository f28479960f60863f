import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OpenModelRequest, RunInfo } from '#models/api'
import type { Companions, Overrides } from '#models/architectures/architecture'
import { isBuilt } from '#models/architectures/graph-stage'
import { detect } from '#models/architectures/index'
import { encodeNpy } from '#models/checkpoints/npy'
import { readCheckpoint } from '#models/checkpoints/index'
import { memorySource } from '#models/checkpoints/memory-source'
import { float32Tensor, toFloat32, type Tensor } from '#models/tensor'
import { openFile, type OpenFile } from '../files'
import { createEngine, type LocalEngine } from './engine'
import { ModelCache } from './model-cache'
import { openSession } from './sessions'

/*
 * The picture as a token of every prompt, [p, I, e_k], against the text encoder on sequences that are put together here,
 * one row a token, with a plain causal mask.
 */

const GOLDEN = resolve(import.meta.dirname, '../../../shared/golden')
const TOLERANCE = 1e-4
const CLASSES = ['road', 'sky', 'traffic light', 'a', 'person', 'car']
/** ids of CLIP's vocabulary */
const START = 49406
const END = 49407

let folder: string
let engine: LocalEngine
const files: OpenFile[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-prompt-'))
  engine = createEngine({ cacheFolder: join(folder, 'cache'), threads: 1 })
  await engine.useProvider({ provider: 'cpu' })
})
afterEach(async () => {
  await engine.close()
  for (const file of files.splice(0)) await file.close()
  await rm(folder, { recursive: true, force: true })
})

async function read(path: string) {
  const file = await openFile(path)
  files.push(file)
  return readCheckpoint(file)
}

interface Values {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** A .safetensors file of float32 tensors. */
function safetensors(tensors: ReadonlyMap<string, Values>): Buffer {
  let end = 0
  const header = Object.fromEntries(
    Array.from(tensors, ([name, { shape, data }]) => {
      const start = end
      end += data.byteLength
      return [name, { dtype: 'F32', shape, data_offsets: [start, end] }]
    })
  )
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  const values = Array.from(tensors.values(), ({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))
  return Buffer.concat([length, json, ...values])
}

/** vit-tiny with C cut from 48 to the 32 of its tokens, so that z̄ can be one of them. */
async function writeEqualWidths(): Promise<string> {
  const { stateDict } = await read(join(GOLDEN, 'vit-tiny', 'checkpoint.pth'))
  const cut = new Map<string, Values>()
  for (const [name, stored] of stateDict) {
    if (stored.dtype === 'int64') continue
    const { data, shape } = toFloat32(await stored.read())
    const kept = shape.map((size) => (size === 48 ? 32 : size))
    const values = new Float32Array(kept.reduce((product, size) => product * size, 1))
    for (let i = 0; i < values.length; i++) {
      let rest = i
      let from = 0
      let step = 1
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        from += (rest % (kept[axis] ?? 1)) * step
        rest = Math.floor(rest / (kept[axis] ?? 1))
        step *= shape[axis] ?? 1
      }
      values[i] = data[from] ?? 0
    }
    cut.set(name, { shape: kept, data: values })
  }
  const path = join(folder, 'equal-widths.safetensors')
  await writeFile(path, safetensors(cut))
  return path
}

const noise = (length: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length }, (_, i) => Math.sin(12.9898 * (i + 1)) / 4)

/** A projection of z̄ [48] into tokens [32]. */
async function writeProjection(name: string, tensors: Readonly<Record<string, Values>>): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, safetensors(new Map(Object.entries(tensors))))
  return path
}

interface Asked extends Pick<OpenModelRequest, 'overrides' | 'companions'> {
  readonly classes?: readonly string[]
  readonly input?: string
}

async function run(path: string, { overrides, companions, classes = CLASSES, input }: Asked = {}): Promise<RunInfo> {
  const model = await engine.openModel({ path, overrides, companions })
  const picture = await engine.openPicture({ path: input ?? join(GOLDEN, 'vit-tiny', 'input.npy') })
  return engine.run({
    model: model.id,
    picture: picture.id,
    classes,
    gammaScale: 1,
    mode: { kind: 'whole' },
    scaling: 'original',
    want: ['text_embedding', 'score_map']
  })
}

const tensorOf = async ({ id }: RunInfo, name: string): Promise<Tensor<'float32'>> =>
  toFloat32(await engine.tensor({ run: id, name }))

/** What the text encoder of a file makes of [SOS, p, I, name, EOS], each name by itself. */
async function encoded(path: string, prompt: Float32Array, classes: readonly string[]): Promise<Float32Array> {
  const checkpoint = await read(path)
  const stage = (await detect(checkpoint))?.stages.find((each) => each.kind === 'text')
  if (!stage?.contexts) throw new Error('no learned contexts')
  const entry = await new ModelCache(join(folder, 'text')).open('text', { fileName: 'text', stages: [stage] })
  const session = await openSession(join(entry, 'text_encoder.onnx'), {
    provider: 'cpu',
    threads: 1,
    keepsWorkspace: true
  })
  const learned = toFloat32(await stage.contexts.read()).data
  const token = async (id: number) => [...toFloat32(await stage.tokenEmbedding.readRows(id, id + 1)).data]
  const found: number[] = []
  for (const name of classes) {
    const { ids } = await engine.tokenize({ text: name })
    const words = ids.filter((id) => id !== START && id !== END)
    const rows = [await token(START), [...learned], [...prompt]]
    for (const id of [...words, END]) rows.push(await token(id))
    const width = prompt.length
    const embeddings = Float32Array.from(rows.flat())
    const count = embeddings.length / width
    const mask = Float32Array.from({ length: count * count }, (_, i) => (i % count > Math.floor(i / count) ? -1e9 : 0))
    const results = await session.run(
      new Map<string, Tensor>([
        ['embeddings', float32Tensor([count, width], embeddings)],
        [
          'positions',
          { dtype: 'int64', shape: [count], data: BigInt64Array.from({ length: count }, (_, i) => BigInt(i)) }
        ],
        ['mask', float32Tensor([count, count], mask)],
        ['end_rows', { dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(count - 1)) }]
      ]),
      ['text_embedding']
    )
    const embedding = results.get('text_embedding')
    if (embedding) found.push(...toFloat32(embedding).data)
  }
  await session.release()
  return Float32Array.from(found)
}

function relativeError(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0
  let norm = 0
  for (let i = 0; i < expected.length; i++) {
    difference += ((got[i] ?? NaN) - (expected[i] ?? 0)) ** 2
    norm += (expected[i] ?? 0) ** 2
  }
  return Math.sqrt(difference / norm)
}

const VIT = join(GOLDEN, 'vit-tiny', 'checkpoint.pth')
const IDENTITY = { overrides: { image_prompt: 'identity' } } as const
const FILE = { image_prompt: 'file' } as const

describe.skipIf(!existsSync(GOLDEN))('the image prompt of DenseCLIP (needs ../shared)', () => {
  it('puts z̄ itself between contexts and names where the widths agree', async () => {
    const path = await writeEqualWidths()
    const prompted = await run(path, IDENTITY)
    const global = await tensorOf(prompted, 'global_embedding')
    expect(await tensorOf(prompted, 'image_prompt')).toEqual({ ...global, shape: [1, 1, 32] })
    expect((await tensorOf(prompted, 'instance_contexts')).shape).toEqual([1, 9, 32])
    const words = await tensorOf(prompted, 'text_embedding')
    expect(relativeError(words.data, await encoded(path, global.data, CLASSES))).toBeLessThan(TOLERANCE)
    const plain = await tensorOf(await run(path), 'text_embedding')
    expect(relativeError(words.data, plain.data)).toBeGreaterThan(0.01)
  })

  it('takes a projection from a file, with a bias or without', async () => {
    const [weight, bias] = [noise(32 * 48), noise(32)]
    const layer = { 'proj.weight': { shape: [32, 48], data: weight } }
    const withBias = { ...layer, 'proj.bias': { shape: [32], data: bias } }
    for (const [name, tensors] of Object.entries({ 'matrix.safetensors': layer, 'layer.safetensors': withBias })) {
      const projection = await writeProjection(name, tensors)
      const prompted = await run(VIT, { overrides: FILE, companions: { projection } })
      const global = (await tensorOf(prompted, 'global_embedding')).data
      const expected = Array.from({ length: 32 }, (_, row) =>
        global.reduce(
          (sum, value, i) => sum + value * (weight[row * 48 + i] ?? 0),
          tensors === layer ? 0 : (bias[row] ?? 0)
        )
      )
      const prompt = (await tensorOf(prompted, 'image_prompt')).data
      expect(relativeError(prompt, expected)).toBeLessThan(TOLERANCE)
      const words = (await tensorOf(prompted, 'text_embedding')).data
      expect(relativeError(words, await encoded(VIT, prompt, CLASSES))).toBeLessThan(TOLERANCE)
    }
  })

  it('gives other words for another picture, and the first ones again for the first', async () => {
    const path = await writeEqualWidths()
    const first = await tensorOf(await run(path, IDENTITY), 'text_embedding')
    const input = join(folder, 'other.npy')
    await writeFile(input, encodeNpy(float32Tensor([1, 3, 64, 80], noise(3 * 64 * 80))))
    const other = await tensorOf(await run(path, { ...IDENTITY, input }), 'text_embedding')
    expect(relativeError(other.data, first.data)).toBeGreaterThan(0.01)
    expect(await tensorOf(await run(path, IDENTITY), 'text_embedding')).toEqual(first)
  })

  it('has room for one token less in a name, and says so', async () => {
    const path = await writeEqualWidths()
    const plain = await engine.openModel({ path })
    const prompted = await engine.openModel({ path, ...IDENTITY })
    expect([plain.nameTokens, prompted.nameTokens]).toEqual([3, 2])
    expect(prompted.notes.map(({ message }) => message).join()).toMatch(/names have room for 2 tokens/)
    const classes = ['traffic light pole', ...CLASSES.slice(1)]
    await expect(run(path, { ...IDENTITY, classes })).rejects.toThrow(
      /takes 3 tokens, but names of this model may have 2/
    )
    expect((await tensorOf(await run(path, { classes }), 'text_embedding')).shape).toEqual([1, 6, 32])
  })

  it('is no part of a model unless asked for: every graph, tensor and text is as before', async () => {
    const checkpoint = await read(VIT)
    const none = await detect(checkpoint, { image_prompt: 'none' })
    const before = await detect(checkpoint)
    const parts = (detection: typeof before) =>
      detection?.stages.filter(isBuilt).map(({ build, ...stage }) => ({ ...stage, graph: build() }))
    const text = (value: unknown) =>
      JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each))
    expect(text(parts(none))).toBe(text(parts(before)))
    expect(before?.stages.map(({ id }) => id)).not.toContain('image_prompt')
    expect(before).toMatchObject({
      system: 'denseclip',
      tensors: none?.tensors,
      notes: none?.notes,
      summary: none?.summary
    })
    expect(before?.summary).not.toMatch(/prompt|ICPC/)
    expect(before?.facts).toContainEqual(
      expect.objectContaining({ key: 'image_prompt', value: 'none', source: 'published rule' })
    )
  })

  it('is what-if by its name: a style, of weights that were not trained with it', async () => {
    const model = await engine.openModel({ path: await writeEqualWidths(), ...IDENTITY })
    expect(model.system).toBe('denseclip')
    expect(model.summary).toMatch(/^DenseCLIP.*image prompt \[p, I, e_k\] with I = z̄, ICPC-style, not trained here$/)
    expect(model.facts).toContainEqual(
      expect.objectContaining({ key: 'image_prompt', value: 'identity', source: 'user' })
    )
    expect(model.facts).toContainEqual(
      expect.objectContaining({ key: 'name_context_length', value: 4, source: 'shape' })
    )
  })

  it('refuses widths that do not fit, and files that are no projection, saying what is needed', async () => {
    await expect(run(VIT, IDENTITY)).rejects.toThrow(/tokens are vectors of 32 numbers and z̄ has 48/)
    const of = async (overrides: Overrides, companions: Companions) =>
      detect(await read(VIT), overrides, { companions })
    const projection = async (tensors: Readonly<Record<string, Values>>) =>
      readCheckpoint(memorySource('p.safetensors', safetensors(new Map(Object.entries(tensors)))))
    const turned = { weight: { shape: [48, 32], data: noise(32 * 48) } }
    await expect(of(FILE, { projection: await projection(turned) })).rejects.toThrow(
      /^p\.safetensors: a projection .* one matrix \[32, 48\].* this file has weight \[48, 32\]/
    )
    const more = { weight: { shape: [32, 48], data: noise(32 * 48) }, a: turned.weight }
    await expect(of(FILE, { projection: await projection(more) })).rejects.toThrow(/one matrix/)
    const unused = await of({}, { projection: await projection(turned) })
    expect(unused?.notes.map(({ message }) => message).join()).toMatch(/A projection is given and not used/)
  })

  it('waits for the file of its projection', async () => {
    const model = await engine.openModel({ path: VIT, overrides: FILE })
    expect(model.needs).toEqual(['projection'])
    await expect(run(VIT, { overrides: FILE })).rejects.toThrow(/give the projection of its image prompt too/)
  })
})
