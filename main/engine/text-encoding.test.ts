import { describe, expect, it } from 'vitest'
import type { StoredTensor } from '#models/checkpoints/checkpoint'
import { float32Tensor, type Tensor } from '#models/tensor'
import { clipTokenizer } from './resources'
import { TextEncoder, type RunText } from './text-encoding'

const WIDTH = 2

/** Row r of the token embedding is [r, 1]; read row by row. */
function tokenEmbedding(vocabulary = 49408): StoredTensor {
  return {
    name: 'token_embedding.weight',
    dtype: 'float32',
    shape: [vocabulary, WIDTH],
    read: () => Promise.reject(new Error('the whole token embedding should not be read')),
    readRows: async (start) => float32Tensor([1, WIDTH], Float32Array.of(start, 1))
  }
}

const contexts: StoredTensor = {
  name: 'contexts',
  dtype: 'float32',
  shape: [2, WIDTH],
  read: async () => float32Tensor([2, WIDTH], Float32Array.of(-1, 10, -2, 20)),
  readRows: () => Promise.reject(new Error('not needed'))
}

/** Gives every name the sum of the embeddings of its own rows, and notes how many names and rows it saw. */
function fakeRun(log: { names: number; inputs: ReadonlyMap<string, Tensor> }[]): RunText {
  return async (inputs) => {
    const ends = Array.from(inputs.get('end_rows')?.data ?? [], Number)
    log.push({ names: ends.length, inputs })
    const rows = inputs.get('embeddings')?.data as Float32Array
    const values = ends.flatMap((end) => [rows[(end - 1) * WIDTH] ?? 0, end])
    return { embedding: float32Tensor([ends.length, 2], Float32Array.from(values)), provider: 'cpu' }
  }
}

async function encoder(overrides: Partial<ConstructorParameters<typeof TextEncoder>[0]> = {}): Promise<TextEncoder> {
  const stage = { tokenEmbedding: tokenEmbedding(), contexts, contextLength: 5, ...overrides }
  return new TextEncoder(stage, await clipTokenizer())
}

describe('text encoding', () => {
  it('hands the graph start, contexts and the names’ own rows', async () => {
    const log: { names: number; inputs: ReadonlyMap<string, Tensor> }[] = []
    await (await encoder()).embed(['road', 'traffic light'], fakeRun(log))
    const inputs = log[0]?.inputs
    // [start, p1, p2, road, end, traffic, light, end]
    expect(Array.from(inputs?.get('embeddings')?.data ?? [], Number)).toEqual([
      ...[49406, 1, -1, 10, -2, 20, 1759, 1, 49407, 1],
      ...[3399, 1, 1395, 1, 49407, 1]
    ])
    expect(Array.from(inputs?.get('positions')?.data ?? [], Number)).toEqual([0, 1, 2, 3, 4, 3, 4, 5])
    expect(inputs?.get('mask')?.shape).toEqual([8, 8])
    expect(Array.from(inputs?.get('end_rows')?.data ?? [], Number)).toEqual([4, 7])
  })

  it('encodes one changed class alone, and no class twice', async () => {
    const log: { names: number; inputs: ReadonlyMap<string, Tensor> }[] = []
    const text = await encoder()
    const first = await text.embed(['road', 'sky', 'road', 'car'], fakeRun(log))
    const second = await text.embed(['road', 'tree', 'road', 'car'], fakeRun(log))
    expect(log.map(({ names }) => names)).toEqual([3, 1])
    expect(first.embedding.shape).toEqual([1, 4, 2])
    const rows = (tensor: Tensor): number[] =>
      Array.from(
        tensor.data.filter((_, i) => i % 2 === 0),
        Number
      )
    const [road, sky, , car] = rows(first.embedding)
    expect(rows(first.embedding)).toEqual([road, sky, road, car])
    const [, tree] = rows(second.embedding)
    expect(rows(second.embedding)).toEqual([road, tree, road, car])
    expect(tree).not.toBe(sky)
    // another order runs nothing
    await text.embed(['tree', 'sky'], fakeRun(log))
    expect(log).toHaveLength(2)
  })

  it('encodes long lists in parts', async () => {
    const log: { names: number; inputs: ReadonlyMap<string, Tensor> }[] = []
    // two or more rows each: the last digit and the end
    const names = Array.from({ length: 400 }, (_, i) => String(i))
    const { embedding } = await (await encoder()).embed(names, fakeRun(log))
    expect(log.map(({ names: count }) => count)).toEqual([363, 37])
    expect(embedding.shape).toEqual([1, 400, 2])
  })

  it('encodes everything again for another provider', async () => {
    const log: { names: number; inputs: ReadonlyMap<string, Tensor> }[] = []
    const text = await encoder()
    await text.embed(['road'], fakeRun(log))
    text.forget()
    await text.embed(['road'], fakeRun(log))
    expect(log).toHaveLength(2)
  })

  it('remembers nothing of a run that failed', async () => {
    const text = await encoder()
    await expect(text.embed(['road'], () => Promise.reject(new Error('no memory')))).rejects.toThrow('no memory')
    const log: { names: number; inputs: ReadonlyMap<string, Tensor> }[] = []
    await text.embed(['road'], fakeRun(log))
    expect(log).toHaveLength(1)
  })

  it('refuses a name that does not fit, and says how many tokens do', async () => {
    const text = await encoder()
    const tooLong = text.embed(['conveyer belt in a factory'], fakeRun([]))
    await expect(tooLong).rejects.toMatchObject({ code: 'too-long', message: expect.stringContaining('may have 3') })
    expect(() => text.tokenIds(['conveyer belt in a factory'])).toThrow(/may have 3/)
  })

  it('refuses a text side of another vocabulary', async () => {
    const text = await encoder({ tokenEmbedding: tokenEmbedding(1000) })
    await expect(text.embed(['road'], fakeRun([]))).rejects.toMatchObject({ code: 'mismatch' })
  })

  it('works without learned contexts, as CLIP itself', async () => {
    const log: { names: number; inputs: ReadonlyMap<string, Tensor> }[] = []
    const text = await encoder({ contexts: undefined, contextLength: 77 })
    await text.embed(['a photo of a road.'], fakeRun(log))
    expect(log[0]?.inputs.get('embeddings')?.shape).toEqual([8, 2])
    expect(text.tokenIds(['sky']).shape).toEqual([1, 77])
  })

  it('takes the mean over templates, each name once a list of templates', async () => {
    const log: { names: number; inputs: ReadonlyMap<string, Tensor> }[] = []
    const text = await encoder({ contexts: undefined, contextLength: 77 })
    const templates = ['a {}.', 'the {}.']
    const one = await text.embed(['road', 'sky'], fakeRun(log), { templates })
    expect(log.map(({ names }) => names)).toEqual([4])
    for (const row of [0, 1]) {
      const [x = 0, y = 0] = Array.from(one.embedding.data.slice(row * 2, row * 2 + 2), Number)
      expect(Math.hypot(x, y)).toBeCloseTo(1, 6)
    }
    await text.embed(['sky', 'road'], fakeRun(log), { templates })
    expect(log).toHaveLength(1)
    await text.embed(['sky'], fakeRun(log), { templates: ['a {}.'] })
    await text.embed(['sky'], fakeRun(log))
    expect(log.map(({ names }) => names)).toEqual([4, 1, 1])
  })

  const perClass: StoredTensor = {
    ...contexts,
    shape: [2, 1, WIDTH],
    read: async () => float32Tensor([2, 1, WIDTH], Float32Array.of(-1, 10, -2, 20))
  }

  it('gives each class its own contexts, where they are', async () => {
    const log: { names: number; inputs: ReadonlyMap<string, Tensor> }[] = []
    const text = await encoder({
      contexts: perClass,
      contextLength: 76,
      namePosition: 'front',
      wording: (name) => ({ name: name.replaceAll('_', ' '), ending: '.' })
    })
    await text.embed(['road', 'road'], fakeRun(log))
    // [start, road, p1 of class 1, '.', end, p1 of class 2, '.', end]
    expect(Array.from(log[0]?.inputs.get('embeddings')?.data ?? [], Number)).toEqual([
      ...[49406, 1, 1759, 1, -1, 10, 269, 1, 49407, 1],
      ...[-2, 20, 269, 1, 49407, 1]
    ])
    await expect(text.embed(['road'], fakeRun(log))).rejects.toMatchObject({ code: 'mismatch' })
    // underscores stand for spaces
    expect(text.tokenIds(['traffic_light'])).toEqual(text.tokenIds(['traffic light']))
  })

  it('keeps nothing that was made with the contexts of one picture', async () => {
    const log: { names: number; inputs: ReadonlyMap<string, Tensor> }[] = []
    const text = await encoder()
    const given = float32Tensor([1, 2, WIDTH], Float32Array.of(-7, 70, -8, 80))
    await text.embed(['road'], fakeRun(log), { contexts: given })
    expect(Array.from(log[0]?.inputs.get('embeddings')?.data ?? [], Number).slice(2, 6)).toEqual([-7, 70, -8, 80])
    await text.embed(['road'], fakeRun(log), { contexts: given })
    await text.embed(['road'], fakeRun(log))
    expect(log).toHaveLength(3)
  })
})
