import { describe, expect, it } from 'vitest'
import { Facts } from './facts'

const choice = { configured: 4, rule: 8 }

describe('Facts', () => {
  it('asks the user first, then the configuration, then the published rule, and says which', () => {
    const facts = new Facts({ a: 2 }, 'model.pth')
    const values = [
      facts.number('a', choice),
      facts.number('b', choice),
      facts.number('c', { configured: undefined, rule: 8 }),
      facts.number('d', { configured: -1, rule: 8 })
    ]
    expect(values).toEqual([2, 4, 8, 8])
    expect(facts.list.map(({ key, source }) => `${key}: ${source}`)).toEqual([
      'a: user',
      'b: meta.config',
      'c: published rule',
      'd: published rule'
    ])
  })

  it('refuses what the user gives as another kind of value', () => {
    const facts = new Facts({ tau: 'hot', out_indices: [3, 1, 5, 7], activation: 'relu' }, 'model.pth')
    expect(() => facts.number('tau', choice)).toThrow(/tau has to be a number above 0/)
    const indices = { configured: undefined, rule: [0, 1, 2, 3] }
    expect(() => facts.indices('out_indices', 4, 12, indices)).toThrow(/4 ascending whole numbers from 0 to 11/)
    expect(() => facts.oneOf('activation', ['quick_gelu', 'gelu'])).toThrow(/quick_gelu or gelu/)
  })

  it('takes shares from 0 to 1, both too', () => {
    const facts = new Facts({ a: 0, b: 1, c: 1.01, d: '1' }, 'model.pth')
    expect([facts.share('a', 0.5), facts.share('b', 0.5), facts.share('e', 0.5)]).toEqual([0, 1, 0.5])
    expect(() => facts.share('c', 0.5)).toThrow(/c has to be a number from 0 to 1/)
    expect(() => facts.share('d', 0.5)).toThrow(/d has to be a number from 0 to 1/)
  })

  it('refuses heads that do not divide the width, naming the file', () => {
    expect(() => new Facts({ heads: 5 }, 'model.pth').heads('heads', 64, choice)).toThrow(
      /^model\.pth: heads is 5, which does not divide the width 64/
    )
    expect(new Facts({ heads: 16 }, 'model.pth').heads('heads', 64, choice)).toBe(16)
  })

  it('passes over indices of a configuration that do not fit', () => {
    const facts = new Facts({}, 'model.pth')
    expect(facts.indices('out_indices', 4, 6, { configured: [3, 5, 7, 11], rule: [1, 2, 3, 5] })).toEqual([1, 2, 3, 5])
  })

  it('says where a number comes from that is not the published one, and lets the user set it', () => {
    const told = { configured: undefined, rule: 14, ruleSource: 'shape' } as const
    const facts = new Facts({ b: 7, c: 1.5 }, 'model.pth')
    expect([facts.count('a', told), facts.count('b', told)]).toEqual([14, 7])
    expect(facts.list.map(({ source }) => source)).toEqual(['shape', 'user'])
    expect(() => facts.count('c', told)).toThrow(/c has to be a whole number above 0/)
  })

  it('takes as many indices as there are where no number is asked for', () => {
    const facts = new Facts({ a: [1, 3], b: [3, 1] }, 'model.pth')
    expect(facts.indices('a', undefined, 4, { configured: undefined, rule: [] })).toEqual([1, 3])
    expect(() => facts.indices('b', undefined, 4, { configured: undefined, rule: [] })).toThrow(/a list of ascending/)
  })

  it('names the settings that nothing used', () => {
    const facts = new Facts({ heads: 2, window_size: 14 }, 'model.pth')
    facts.heads('heads', 64, choice)
    expect(facts.unusedOverrides()).toEqual([
      { code: 'choice', message: expect.stringMatching(/window_size \(heads can be set/) as string }
    ])
  })
})
