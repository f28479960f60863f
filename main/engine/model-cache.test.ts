import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Graph } from '#models/graph/graph'
import { float32Tensor } from '#models/tensor'
import { cacheKey, ModelCache, type CompileSource } from './model-cache'
import { openSession } from './sessions'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'model-cache-'))
})
afterEach(() => rm(folder, { recursive: true }))

const VALUES = 5000

/** A graph that adds a weight to its input; counts how often the weight is read. */
function source(read = { count: 0 }, fill = 2): CompileSource {
  const shape = [VALUES]
  const weights = ['first', 'second'].map((name, i) => ({
    name,
    shape,
    async read() {
      read.count++
      return float32Tensor(shape, new Float32Array(VALUES).fill(fill * (i + 1)))
    }
  }))
  const graph: Graph = {
    name: 'add',
    inputs: [{ name: 'x', dtype: 'float32', shape }],
    outputs: [{ name: 'y', dtype: 'float32', shape }],
    nodes: [
      { op: 'Add', domain: '', name: 'a', inputs: ['x', 'first'], outputs: ['s'], attributes: {} },
      { op: 'Add', domain: '', name: 'b', inputs: ['s', 'second'], outputs: ['y'], attributes: {} }
    ],
    weights,
    constants: []
  }
  return { fileName: 'model.pth', stages: [{ id: 'add', build: () => graph }] }
}

async function runEntry(entry: string): Promise<number[]> {
  const session = await openSession(join(entry, 'add.onnx'), { provider: 'cpu', threads: 1, keepsWorkspace: true })
  const outputs = await session.run(new Map([['x', float32Tensor([VALUES])]]), ['y'])
  await session.release()
  return Array.from(new Set(outputs.get('y')?.data as Float32Array))
}

describe('model cache', () => {
  it('compiles once, and what it compiled runs', async () => {
    const read = { count: 0 }
    const shares: number[] = []
    const entry = await new ModelCache(folder).open('key', source(read), { onShare: (share) => shares.push(share) })
    expect(await runEntry(entry)).toEqual([6])
    expect(shares).toEqual([0.5, 1])
    // another process finds it
    await new ModelCache(folder).open('key', source(read))
    expect(read.count).toBe(2)
  })

  it('keeps weights out of the graph', async () => {
    const entry = await new ModelCache(folder).open('key', source())
    expect((await stat(join(entry, 'add.onnx'))).size).toBeLessThan(2000)
    expect((await stat(join(entry, 'weights-add.bin'))).size).toBeGreaterThanOrEqual(2 * VALUES * 4)
  })

  it.each([
    ['a graph cut short', (entry: string) => writeFile(join(entry, 'add.onnx'), 'x')],
    ['weights cut short', (entry: string) => writeFile(join(entry, 'weights-add.bin'), 'x')],
    ['weights overwritten', (entry: string) => overwrite(join(entry, 'weights-add.bin'))],
    ['weights missing', (entry: string) => rm(join(entry, 'weights-add.bin'))],
    ['a manifest that is none', (entry: string) => writeFile(join(entry, 'manifest.json'), '[{"na')],
    ['no manifest', (entry: string) => rm(join(entry, 'manifest.json'))]
  ])('writes a damaged entry again: %s', async (_, damage) => {
    const cache = new ModelCache(folder)
    await damage(await cache.open('key', source()))
    const read = { count: 0 }
    expect(await runEntry(await cache.open('key', source(read)))).toEqual([6])
    expect(read.count).toBe(2)
    expect(await readdir(folder)).toEqual(['key'])
  })

  it('serves several processes that compile the same model at once', async () => {
    const caches = [1, 2, 3, 4].map(() => new ModelCache(folder))
    const entries = await Promise.all(caches.map((cache) => cache.open('key', source())))
    for (const entry of new Set(entries)) expect(await runEntry(entry)).toEqual([6])
    expect(await readdir(folder)).toEqual(['key'])
  })

  it('compiles once for two callers of one process', async () => {
    const read = { count: 0 }
    const cache = new ModelCache(folder)
    await Promise.all([cache.open('key', source(read)), cache.open('key', source(read))])
    expect(read.count).toBe(2)
  })

  it('leaves nothing behind when it is cancelled or a weight cannot be read', async () => {
    const cache = new ModelCache(folder)
    const cancelled = cache.open('key', source(), { signal: AbortSignal.abort() })
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' })
    const broken = source()
    const [stage] = broken.stages
    const graph = stage?.build()
    const failing = {
      ...broken,
      stages: [{ id: 'add', build: () => ({ ...graph, weights: graph?.weights.map(unreadable) }) as Graph }]
    }
    await expect(cache.open('key', failing)).rejects.toThrow('gone')
    expect(await readdir(folder)).toEqual([])
  })

  it('removes what was unused for longest beyond its limit, and never what is open', async () => {
    const first = new ModelCache(folder)
    for (const [i, key] of ['old', 'older', 'oldest'].entries()) {
      const entry = await first.open(key, source())
      const used = new Date(Date.now() - (i + 1) * 60_000)
      for (const file of await readdir(entry)) if (file === 'manifest.json') await utimes(join(entry, file), used, used)
    }
    const bytes = await first.sizeBytes()
    // files of an entry tell its age, so all but the manifest are made old as well
    await makeFilesOld()
    // room for three entries and a bit: a manifest's times have more or fewer digits
    const cache = new ModelCache(folder, Math.round(bytes * 1.2))
    await cache.open('new', source())
    expect((await readdir(folder)).sort()).toEqual(['new', 'old', 'older'])
    const small = new ModelCache(folder, 1)
    await small.open('another', source())
    expect(await readdir(folder)).toEqual(['another'])
  })

  it('removes what a process left half-written, after a day', async () => {
    const cache = new ModelCache(folder)
    for (const [name, age] of [
      ['.part-dead', 48],
      ['.part-alive', 1]
    ] as const) {
      await mkdir(join(folder, name))
      await writeFile(join(folder, name, 'weights.bin'), 'x')
      const then = new Date(Date.now() - age * 3600_000)
      await utimes(join(folder, name, 'weights.bin'), then, then)
    }
    await cache.open('key', source())
    expect((await readdir(folder)).sort()).toEqual(['.part-alive', 'key'])
  })

  it('clears', async () => {
    const cache = new ModelCache(folder)
    await cache.open('key', source())
    expect(await cache.sizeBytes()).toBeGreaterThan(0)
    await cache.clear()
    expect(await readdir(folder)).toEqual([])
    expect(await cache.sizeBytes()).toBe(0)
    expect(await runEntry(await cache.open('key', source()))).toEqual([6])
  })

  it('says what is wrong with the disk', async () => {
    await writeFile(join(folder, 'file'), '')
    const cache = new ModelCache(join(folder, 'file'))
    await expect(cache.open('key', source())).rejects.toMatchObject({ code: 'engine', file: 'model.pth' })
  })
})

it('keys change with everything that goes in', () => {
  const key = cacheKey({ hash: 'a', system: 'denseclip', overrides: {}, builder: 1 })
  expect(cacheKey({ hash: 'a', system: 'denseclip', overrides: {}, builder: 1 })).toBe(key)
  expect(cacheKey({ hash: 'b', system: 'denseclip', overrides: {}, builder: 1 })).not.toBe(key)
  expect(cacheKey({ hash: 'a', system: 'denseclip', overrides: { heads: 4 }, builder: 1 })).not.toBe(key)
  expect(cacheKey({ hash: 'a', system: 'denseclip', overrides: {}, builder: 2 })).not.toBe(key)
})

/** Other values of the same length: only the time of the file tells. */
async function overwrite(path: string): Promise<void> {
  const { length } = await readFile(path)
  await rm(path)
  await appendFile(path, Buffer.alloc(length, 7))
}

async function makeFilesOld(): Promise<void> {
  for (const key of await readdir(folder)) {
    const { mtime } = await stat(join(folder, key, 'manifest.json'))
    for (const file of await readdir(join(folder, key))) await utimes(join(folder, key, file), mtime, mtime)
  }
}

const unreadable = <T extends object>(weight: T): T => ({ ...weight, read: () => Promise.reject(new Error('gone')) })
