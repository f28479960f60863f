import { describe, expect, it } from 'vitest'
import type { StoredTensor } from '../checkpoints/checkpoint'
import { float32Tensor } from '../tensor'
import { cellPlaces, relativePositions } from './sam-relative-positions'

/** A table of one channel. */
function table(values: readonly number[]): StoredTensor {
  const tensor = float32Tensor([values.length, 1], Float32Array.from(values))
  const read = () => Promise.resolve(tensor)
  return { name: 'rel_pos_h', dtype: 'float32', shape: tensor.shape, read, readRows: read }
}

describe('relative positions', () => {
  it('are what lies from the key to the query', async () => {
    // from -2 to 2
    const { shape, data } = await relativePositions(table([-20, -10, 0, 10, 20]), 3, 2).read()
    expect(shape).toEqual([3, 1, 3])
    expect([...data]).toEqual([0, -20, -40, 20, 0, -20, 40, 20, 0])
  })

  it('are resized linearly between the middles of rows where the table is of another size', async () => {
    const { data } = await relativePositions(table([0, 6, 12]), 3, 1).read()
    // rows 0..2 seen from the middles of five: -0.2 (held at 0), 0.4, 1, 1.6, 2.2 (held at 2)
    const resized = [0, 2.4, 6, 9.6, 12]
    const at = (query: number, key: number) => resized[query - key + 2]
    const expected = [0, 1, 2].flatMap((query) => [0, 1, 2].map((key) => at(query, key)))
    expect([...data]).toEqual(expected.map((value) => expect.closeTo(value ?? NaN, 5) as number))
  })
})

it('marks the row and the column of every cell', async () => {
  const { shape, data } = await cellPlaces(2).read()
  expect(shape).toEqual([1, 4, 1, 4])
  expect([...data]).toEqual([1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1])
})
