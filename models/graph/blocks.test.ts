import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ModelCache } from '../../main/engine/model-cache'
import { openSession } from '../../main/engine/sessions'
import type { StoredTensor } from '../checkpoints/checkpoint'
import { elementCount, float32Tensor, toFloat32, type Shape, type Tensor } from '../tensor'
import { attentionScale, attentionWithWeights, fusedAttention } from './attention'
import { GraphBuilder, type Floats } from './builder'
import { normedConvolution } from './layers'
import { withoutFusedAttention } from './portable'
import { buildCosineMap } from './score-map'
import { buildKeySmoothing, buildPromptDenoising, type KeyNorm } from './score-refinement'
import type { Graph } from './graph'
import { Ledger, Scope } from './scope'
import { cellPositions, gridOf, type PositionFit } from './tokens'

/* Blocks by themselves, in ONNX Runtime; the golden cases of architectures/ hold whole models to the authors' numbers. */

async function run(graph: Graph, inputs: Readonly<Record<string, Tensor>>): Promise<Map<string, Tensor>> {
  const folder = await mkdtemp(join(tmpdir(), 'blocks-'))
  try {
    const stages = [{ id: graph.name, build: () => graph }]
    const entry = await new ModelCache(folder).open('case', { fileName: 'blocks', stages })
    const session = await openSession(join(entry, `${graph.name}.onnx`), {
      provider: 'cpu',
      threads: 1,
      keepsWorkspace: true
    })
    const names = graph.outputs.map(({ name }) => name)
    const results = await session.run(new Map(Object.entries(inputs)), names)
    await session.release()
    return results
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Numbers between -1 and 1 that look random and are the same every time. */
function noise(shape: Shape, seed = 1): Tensor<'float32'> {
  const data = Float32Array.from({ length: elementCount(shape) }, (_, i) => Math.sin((i + 1) * 12.9898 * seed) * 0.999)
  return float32Tensor(shape, data)
}

function valuesOf(results: ReadonlyMap<string, Tensor>, name: string): Float32Array {
  const tensor = results.get(name)
  if (!tensor) throw new Error(`no ${name}`)
  return toFloat32(tensor).data
}

const close = (values: Iterable<number>) => Array.from(values, (value) => expect.closeTo(value, 5) as number)

describe('attention', () => {
  const [queries, keys, width, heads] = [5, 7, 12, 3]
  const build = (combine: (g: GraphBuilder, q: Floats, k: Floats, v: Floats, mask: Floats) => void): Graph => {
    const g = new GraphBuilder('attention')
    const mask = g.input('mask', 'float32', [queries, keys])
    const [q, k, v] = [
      g.input('q', 'float32', [queries, width]),
      g.input('k', 'float32', [keys, width]),
      g.input('v', 'float32', [keys, width])
    ]
    combine(g, q, k, v, mask)
    return g.build()
  }
  const masked = noise([queries, keys]).data.map((value, i) => (value > 0.5 && i % keys > 0 ? -1e9 : 0))
  const inputs = {
    q: noise([queries, width], 2),
    k: noise([keys, width], 3),
    v: noise([keys, width], 5),
    mask: float32Tensor([queries, keys], masked)
  }

  it('gives weights that sum to one, none where the mask forbids it, and the same result fused', async () => {
    const explicit = build((g, q, k, v, mask) => {
      const scaled = g.mul(q, g.scalar(attentionScale(width, heads)))
      const { output, weights } = attentionWithWeights(g, { query: scaled, key: k, value: v, heads, width }, mask)
      g.output('mixed', output, [queries, width])
      g.output('weights', weights, [heads, queries, keys])
    })
    const fused = build((g, query, key, value, mask) => {
      g.output('mixed', fusedAttention(g, { query, key, value, heads, width }, mask), [queries, width])
    })
    const results = await run(explicit, inputs)
    const weights = valuesOf(results, 'weights')
    for (let row = 0; row < heads * queries; row++) {
      const part = weights.slice(row * keys, (row + 1) * keys)
      expect(part.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5)
      const allowed = masked.slice((row % queries) * keys, ((row % queries) + 1) * keys)
      expect(Array.from(part, (weight) => weight > 0)).toEqual(Array.from(allowed, (value) => value === 0))
    }
    for (const graph of [fused, withoutFusedAttention(fused)]) {
      const again = await run(graph, inputs)
      expect([...valuesOf(again, 'mixed')]).toEqual(close(valuesOf(results, 'mixed')))
    }
    expect(withoutFusedAttention(fused).nodes.filter(({ domain }) => domain !== '')).toEqual([])
  })
})

describe('positions of another grid', () => {
  const side = 4
  const width = 2
  const stored: StoredTensor = {
    name: 'positional_embedding',
    dtype: 'float32',
    shape: [1 + side * side, width],
    read: () => Promise.resolve(noise([1 + side * side, width])),
    readRows: () => Promise.reject(new Error('not needed'))
  }
  const cell = (row: number, column: number) => {
    const at = (1 + row * side + column) * width
    return [...noise(stored.shape).data.slice(at, at + width)]
  }
  const positions = async (height: number, columns: number, fit: PositionFit) => {
    const g = new GraphBuilder('positions')
    const map = g.input('map', 'float32', [1, 1, 'h', 'w'])
    g.output('positions', cellPositions(g, stored, gridOf(g, map), fit), ['cells', width])
    return [...valuesOf(await run(g.build(), { map: noise([1, 1, height, columns]) }), 'positions')]
  }

  it('are the stored ones where the grid is', async () => {
    expect(await positions(side, side, 'bilinear')).toEqual([...noise(stored.shape).data.slice(width)])
  })

  it('are cut at the top left for detection', async () => {
    expect(await positions(2, 3, 'crop')).toEqual(
      [0, 1].flatMap((row) => [0, 1, 2].flatMap((column) => cell(row, column)))
    )
  })

  it('are bilinear between cell centres otherwise: half the size is the mean of four', async () => {
    const [first = 0] = await positions(2, 2, 'bilinear')
    const four = [cell(0, 0), cell(0, 1), cell(1, 0), cell(1, 1)].map(([value = 0]) => value)
    expect(first).toBeCloseTo(four.reduce((sum, value) => sum + value) / 4, 6)
  })
})

describe('resizing by size', () => {
  it('takes the nearest cell as PyTorch does: floor(i · from / to), at every pair of sizes', async () => {
    const g = new GraphBuilder('nearest')
    const x = g.input('x', 'float32', [1, 1, 'h', 'w'])
    const like = g.input('like', 'float32', [1, 1, 'H', 'W'])
    const { height, width } = gridOf(g, like)
    g.output('y', g.resizeNearest(x, 1, height, width), [1, 1, 'H', 'W'])
    const graph = g.build()
    for (let from = 1; from <= 24; from++) {
      const to = 2 * from + (from % 2)
      const row = float32Tensor(
        [1, 1, 1, from],
        Float32Array.from({ length: from }, (_, i) => i)
      )
      const y = valuesOf(await run(graph, { x: row, like: float32Tensor([1, 1, 1, to]) }), 'y')
      expect([...y], `${from} → ${to}`).toEqual(Array.from({ length: to }, (_, i) => Math.floor((i * from) / to)))
    }
  })
})

describe('the score map', () => {
  it('is a cosine: within −1 and 1, blind to lengths, and 0 where a cell is empty', async () => {
    const channels = 6
    const words = noise([1, 3, channels], 7)
    const cells = noise([1, channels, 2, 2], 11)
    for (let channel = 0; channel < channels; channel++) cells.data[channel * 4 + 3] = 0
    const score = valuesOf(
      await run(buildCosineMap(channels), { text_embedding: words, visual_embedding: cells }),
      'score_map'
    )
    const longer = (tensor: Tensor<'float32'>) =>
      float32Tensor(
        tensor.shape,
        tensor.data.map((value) => value * 37)
      )
    const inputs = { text_embedding: longer(words), visual_embedding: longer(cells) }
    expect([...valuesOf(await run(buildCosineMap(channels), inputs), 'score_map')]).toEqual(close(score))
    expect(score.every((value) => Math.abs(value) <= 1 + 1e-6)).toBe(true)
    expect([score[3], score[7], score[11]]).toEqual([0, 0, 0])
  })
})

describe('the refinement of a score map', () => {
  const map = (classes: readonly (readonly number[])[]) =>
    float32Tensor([1, classes.length, 1, classes[0]?.length ?? 0], Float32Array.from(classes.flat()))
  const denoised = async (score: Tensor, threshold = 0.5) =>
    [...valuesOf(await run(buildPromptDenoising(threshold), { score_map: score }), 'score_map_denoised')].map((value) =>
      Number(value.toFixed(6))
    )
  const smoothed = async (score: Tensor, key: Tensor, threshold = 1, norm: KeyNorm = 'cells') => {
    const graph = buildKeySmoothing(key.shape[1] ?? 0, threshold, norm)
    return valuesOf(await run(graph, { score_map_denoised: score, key }), 'score_map_smoothed')
  }

  it('removes a class that no cell is sure of, everywhere, and leaves the cosines of the others', async () => {
    // shares of the third: e^−10 of the first cell's, e^−5 of the second's
    const score = map([
      [0.3, 0.1],
      [0.1, 0.25],
      [0.2, 0.2]
    ])
    expect(await denoised(score)).toEqual([0.3, 0.1, 0.1, 0.25, -1, -1])
    expect(await denoised(score, 0)).toEqual([0.3, 0.1, 0.1, 0.25, 0.2, 0.2])
  })

  it('keeps a class that stands alone, and may leave none of several', async () => {
    expect(await denoised(map([[-0.4, 0.1]]), 1)).toEqual([-0.4, 0.1])
    const even = map([
      [0.2, 0.2],
      [0.2, 0.2],
      [0.2, 0.2]
    ])
    expect(await denoised(even)).toEqual([-1, -1, -1, -1, -1, -1])
    // nothing is left to tell the classes apart by
    const none = map([
      [-1, -1],
      [-1, -1]
    ])
    expect([...(await smoothed(none, noise([1, 3, 1, 2]), 0))]).toEqual(close([0.5, 0.5, 0.5, 0.5]))
  })

  it('smooths one cell by itself: the products of keys of length one in every channel are their number', async () => {
    const score = map([[0.21], [0.2]])
    const share = 1 / (1 + Math.exp(-1))
    const key = noise([1, 3, 1, 1])
    expect([...(await smoothed(score, key))]).toEqual(close([3 * share, 3 * (1 - share)]))
    expect([...(await smoothed(score, key, 1, 'channels'))]).toEqual(close([share, 1 - share]))
    expect([...(await smoothed(map([[0.21]]), key))]).toEqual([1])
  })
})

describe('a convolution in groups, as ResNeXt has', () => {
  it('is the whole one with zeros where a group does not look', async () => {
    const [channels, groups, side] = [8, 4, 5]
    const within = channels / groups
    const parts = noise([channels, within, 3, 3], 7).data
    const whole = new Float32Array(channels * channels * 9)
    for (let out = 0; out < channels; out++) {
      const first = Math.floor(out / within) * within
      whole.set(parts.subarray(out * within * 9, (out + 1) * within * 9), (out * channels + first) * 9)
    }
    const stored = (name: string, tensor: Tensor<'float32'>): [string, StoredTensor] => [
      name,
      { name, dtype: 'float32', shape: tensor.shape, read: async () => tensor, readRows: async () => tensor }
    ]
    const built = (weight: Tensor<'float32'>): Graph => {
      const norm = (name: string, seed: number) =>
        stored(
          name,
          float32Tensor(
            [channels],
            noise([channels], seed).data.map((value) => Math.abs(value) + 0.5)
          )
        )
      const norms = ['weight', 'bias', 'running_mean', 'running_var'].map((name, seed) => norm(`bn.${name}`, seed + 2))
      const scope = new Scope(new Ledger(new Map([stored('conv.weight', weight), ...norms]), 'x.pth'))
      const g = new GraphBuilder('convolution')
      const x = g.input('x', 'float32', [1, channels, side, side])
      const y = normedConvolution(g, x, scope.at('conv'), scope.at('bn'), { padding: 1, channels })
      g.output('y', y, [1, channels, side, side])
      return g.build()
    }
    const x = noise([1, channels, side, side], 3)
    const grouped = await run(built(float32Tensor([channels, within, 3, 3], parts)), { x })
    const expected = await run(built(float32Tensor([channels, channels, 3, 3], whole)), { x })
    expect([...valuesOf(grouped, 'y')]).toEqual(close(valuesOf(expected, 'y')))
  })
})
