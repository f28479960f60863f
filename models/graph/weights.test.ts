import { describe, expect, it } from 'vitest'
import type { StoredTensor } from '../checkpoints/checkpoint'
import type { Shape, Tensor } from '../tensor'
import { foldedConvolution, plain, rows, scaled } from './weights'

function stored(name: string, shape: Shape, values: readonly number[]): StoredTensor {
  const tensor = (from: number, to: number, ownShape: Shape): Tensor => ({
    dtype: 'float32',
    shape: ownShape,
    data: Float32Array.from(values.slice(from, to))
  })
  const size = values.length / (shape[0] ?? 1)
  return {
    name,
    dtype: 'float32',
    shape,
    read: () => Promise.resolve(tensor(0, values.length, shape)),
    readRows: (start, end) => Promise.resolve(tensor(start * size, end * size, [end - start, ...shape.slice(1)]))
  }
}

describe('weights', () => {
  it('convert half precision', async () => {
    const half: StoredTensor = {
      ...stored('h', [2], []),
      dtype: 'float16',
      read: () => Promise.resolve({ dtype: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0xc100) })
    }
    expect((await plain(half).read()).data).toEqual(Float32Array.of(1, -2.5))
  })

  it('take rows and factors, under names of their own', async () => {
    const matrix = stored('m', [3, 2], [1, 2, 3, 4, 5, 6])
    const part = rows(matrix, 1, 3, 0.5)
    expect([part.shape, (await part.read()).data]).toEqual([[2, 2], Float32Array.of(1.5, 2, 2.5, 3)])
    expect((await scaled(matrix, 2).read()).data).toEqual(Float32Array.of(2, 4, 6, 8, 10, 12))
    const names = [plain(matrix), part, rows(matrix, 0, 1), scaled(matrix, 2), plain(matrix, [6])].map(
      ({ name }) => name
    )
    expect(new Set(names).size).toBe(5)
  })

  it('fold BatchNorm into a convolution: weight·γ/√(σ²+ε), β − μ·γ/√(σ²+ε)', async () => {
    const folded = foldedConvolution(stored('c', [2, 1, 1, 2], [1, 2, 3, 4]), {
      weight: stored('w', [2], [2, 6]),
      bias: stored('b', [2], [1, -1]),
      mean: stored('m', [2], [3, 0.5]),
      variance: stored('v', [2], [3, 8]),
      epsilon: 1
    })
    // scales: 2/√4 = 1 and 6/√9 = 2
    expect((await folded.weight.read()).data).toEqual(Float32Array.of(1, 2, 6, 8))
    expect((await folded.bias.read()).data).toEqual(Float32Array.of(1 - 3, -1 - 1))
  })
})
