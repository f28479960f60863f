import { expect, it } from 'vitest'
import type { Checkpoint, StoredTensor } from '../checkpoints/checkpoint'
import { float32Tensor } from '../tensor'
import { withPlainNames } from './state-names'

function checkpointOf(names: readonly string[]): Checkpoint {
  const tensor = (name: string): StoredTensor => {
    const read = () => Promise.resolve(float32Tensor([1]))
    return { name, dtype: 'float32', shape: [1], read, readRows: read }
  }
  const source = { name: 'model.pth', size: 0, read: () => Promise.resolve(new Uint8Array(0)) }
  return {
    format: 'pytorch',
    source,
    stateDict: new Map(names.map((name) => [name, tensor(name)])),
    container: [],
    others: new Map(),
    extras: new Map(),
    notes: []
  }
}

const namesOf = (checkpoint: Checkpoint) => [...checkpoint.stateDict.keys()]

it('takes the prefixes of wrappers off, one within the other, and says so', () => {
  const plain = withPlainNames(checkpointOf(['module._orig_mod.a.weight', 'module._orig_mod.b', 'n_averaged']))
  expect(namesOf(plain)).toEqual(['a.weight', 'b'])
  expect(plain.notes).toEqual([{ code: 'renamed', message: expect.stringContaining('module._orig_mod.') as string }])
})

it('leaves a prefix that not every tensor has', () => {
  const checkpoint = checkpointOf(['module.a', 'head.b'])
  expect(withPlainNames(checkpoint)).toBe(checkpoint)
})

it('leaves mmcv’s averaged copies out, and nothing that only looks like one', () => {
  const plain = withPlainNames(checkpointOf(['a.b.weight', 'ema_a_b_weight', 'ema_other']))
  expect(namesOf(plain)).toEqual(['a.b.weight', 'ema_other'])
  expect(plain.notes.map(({ code }) => code)).toEqual(['choice'])
})
