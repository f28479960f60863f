import { describe, expect, it } from 'vitest'
import type { StoredTensor } from '../checkpoints/checkpoint'
import { StudioError } from '../errors'
import { float32Tensor, type Shape } from '../tensor'
import { Ledger, Scope } from './scope'

function stored(name: string, shape: Shape): StoredTensor {
  const read = () => Promise.resolve(float32Tensor(shape))
  return { name, dtype: 'float32', shape, read, readRows: read }
}

function ledgerOf(shapes: Readonly<Record<string, Shape>>): Ledger {
  return new Ledger(new Map(Object.entries(shapes).map(([name, shape]) => [name, stored(name, shape)])), 'model.pth')
}

describe('Scope', () => {
  const shapes = { 'a.0.weight': [2, 3], 'a.0.bias': [2], 'a.1.weight': [4, 2], 'a.3.weight': [1], 'ab.weight': [1] }

  it('sees the tensors below a prefix and counts numbered modules up to the first gap', () => {
    const scope = new Scope(ledgerOf(shapes)).at('a')
    expect(scope.count()).toBe(2)
    expect(scope.at(0).has('bias')).toBe(true)
    expect(scope.at(1).has('bias')).toBe(false)
    expect(scope.hasAny('2')).toBe(false)
  })

  it('tells what was missing and what nothing asked for', async () => {
    const ledger = ledgerOf(shapes)
    const scope = new Scope(ledger).at('a')
    expect(scope.at(0).take('weight').shape).toEqual([2, 3])
    const absent = scope.at(2).take('weight', [undefined, 4])
    expect(absent.shape).toEqual([0, 4])
    await expect(absent.read()).rejects.toThrow(/a\.2\.weight is missing/)
    scope.ignore((name) => name.endsWith('.bias'))
    expect([...ledger.missing]).toEqual(['a.2.weight'])
    expect(ledger.account().unexpected).toEqual(['a.1.weight', 'a.3.weight', 'ab.weight'])
  })

  it('refuses another shape than the rest of the model needs, naming file, tensor and shapes', () => {
    const scope = new Scope(ledgerOf(shapes)).at('a', 0)
    expect(scope.take('weight', [2, undefined]).name).toBe('a.0.weight')
    expect(() => scope.take('weight', [undefined, 4])).toThrow(
      expect.objectContaining({
        code: 'mismatch',
        entry: 'a.0.weight',
        message: expect.stringMatching(/^model\.pth: .*\[2, 3\].*\[any, 4\]/) as string
      }) as StudioError
    )
    expect(() => scope.take('bias', [2, 1])).toThrow(StudioError)
  })
})
