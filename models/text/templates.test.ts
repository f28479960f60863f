import { describe, expect, it } from 'vitest'
import { filledTemplate, meanDirection } from './templates'

describe('templates', () => {
  it('puts the name in its place, as it is', () => {
    expect(filledTemplate('a photo of a {}.', 'traffic light')).toBe('a photo of a traffic light.')
    // as a replacement pattern this would be something else
    expect(filledTemplate('the {}', '$& {}')).toBe('the $& {}')
  })

  it('refuses a template without a place, or with two', () => {
    expect(() => filledTemplate('a photo.', 'road')).toThrow('“a photo.” needs {} once')
    expect(() => filledTemplate('{} and {}', 'road')).toThrow('needs {} once')
  })

  it('takes the mean of directions, not of vectors', () => {
    const mean = meanDirection([Float32Array.of(100, 0), Float32Array.of(0, 0.5)])
    expect([...mean]).toEqual([Math.fround(Math.SQRT1_2), Math.fround(Math.SQRT1_2)])
    expect([...meanDirection([Float32Array.of(3, 4)])]).toEqual([Math.fround(0.6), Math.fround(0.8)])
  })
})
