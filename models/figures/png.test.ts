import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { encodeIndexedPng, encodePng, pngDataUri } from './png'

/** Pixels as another program reads them. */
async function decode(png: Uint8Array): Promise<{ width: number; height: number; rgba: number[] }> {
  const { data, info } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, rgba: [...data] }
}

const noise = (length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 24) & 255)

describe('PNG', () => {
  it.each([
    [1, 1],
    [7, 5],
    [64, 33]
  ])('%i × %i pixels come back as they were, alpha too', async (width, height) => {
    const rgba = noise(width * height * 4)
    expect(await decode(encodePng({ width, height, rgba }))).toEqual({ width, height, rgba: [...rgba] })
  })

  it('leaves alpha out where everything is opaque', async () => {
    const rgba = noise(6 * 4).map((value, i) => (i % 4 === 3 ? 255 : value))
    const png = encodePng({ width: 3, height: 2, rgba })
    expect((await sharp(png).metadata()).channels).toBe(3)
    expect((await decode(png)).rgba).toEqual([...rgba])
  })

  it('keeps labels as palette indices, those without a colour transparent', async () => {
    const png = encodeIndexedPng(3, 1, Uint8Array.of(1, 0, 255), [
      [10, 20, 30],
      [40, 50, 60]
    ])
    expect((await sharp(png).metadata()).isPalette).toBe(true)
    const { rgba } = await decode(png)
    expect(rgba.slice(0, 8)).toEqual([40, 50, 60, 255, 10, 20, 30, 255])
    expect(rgba[11]).toBe(0)
  })

  it('refuses a palette that is too long', () => {
    expect(() => encodeIndexedPng(1, 1, Uint8Array.of(0), Array(257).fill([0, 0, 0]))).toThrow(/257 colours/)
  })

  it.each([1, 2, 3, 4])('stands in a page as base64 (%i bytes)', (length) => {
    const bytes = noise(length)
    expect(pngDataUri(bytes)).toBe(`data:image/png;base64,${Buffer.from(bytes).toString('base64')}`)
  })
})
