import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import type { StudioError } from '#models/errors'
import { normalise, resizeRgb, targetSize } from '#models/images/preprocess'
import { decodeLabels, decodePicture } from './images'

/** Values of an array file written by NumPy in C order; enough for the expected values of this test. */
function readNpy(path: string): { shape: number[]; values: Uint8Array | Float32Array } {
  const bytes = readFileSync(path)
  const start = 10 + bytes.readUInt16LE(8)
  const header = bytes.toString('latin1', 10, start)
  const shape = (/\(([\d, ]*)\)/.exec(header)?.[1] ?? '').split(',').filter(Boolean).map(Number)
  const data = new Uint8Array(bytes.subarray(start))
  return { shape, values: header.includes('<f4') ? new Float32Array(data.buffer) : data }
}

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? NaN))), 0)

const PICTURES = resolve('../shared/golden/pictures')
interface PictureCase {
  mean: [number, number, number]
  std: [number, number, number]
  pictures: {
    file: string
    original_size: [number, number]
    resized: string
    input: string
    tolerance: { levels: number; input: number }
  }[]
}

describe.skipIf(!existsSync(PICTURES))('the published pipeline (needs ../shared)', () => {
  // a suite that is skipped is still read
  const golden = existsSync(PICTURES)
    ? (JSON.parse(readFileSync(join(PICTURES, 'case.json'), 'utf8')) as PictureCase)
    : { mean: [0, 0, 0] as const, std: [1, 1, 1] as const, pictures: [] }

  it.each(golden.pictures)('$file', async (picture) => {
    const decoded = await decodePicture(join(PICTURES, picture.file))
    expect([decoded.height, decoded.width]).toEqual(picture.original_size)
    const resized = resizeRgb(decoded, targetSize(decoded, 64, 256))
    const expected = readNpy(join(PICTURES, picture.resized))
    expect([resized.height, resized.width, 3]).toEqual(expected.shape)
    // OpenCV's arithmetic to the bit; JPEG decoders differ
    const levels = picture.file.endsWith('.png') ? 0 : picture.tolerance.levels
    expect(largestDifference(resized.rgb, expected.values)).toBeLessThanOrEqual(levels)
    const input = normalise(resized, golden.mean, golden.std)
    const expectedInput = readNpy(join(PICTURES, picture.input))
    expect(input.shape).toEqual(expectedInput.shape)
    expect(largestDifference(input.data, expectedInput.values)).toBeLessThanOrEqual(picture.tolerance.input)
  })
})

const HOSTILE = resolve('../shared/hostile')
interface HostileCase {
  file: string
  format: string
  expected: string
  or?: string
  reasons?: string[]
  seconds?: number
  image?: { width: number; height: number; pixels: { x: number; y: number; rgb: number[]; tolerance: number }[] }
}

describe.skipIf(!existsSync(HOSTILE))('hostile and odd pictures (needs ../shared)', () => {
  const { cases } = (
    existsSync(HOSTILE) ? JSON.parse(readFileSync(join(HOSTILE, 'manifest.json'), 'utf8')) : { cases: [] }
  ) as { cases: HostileCase[] }
  const images = cases.filter((c) => c.format === 'image')

  it.each(images.filter((c) => c.expected === 'accept'))('opens $file', async ({ file, image, seconds = 2 }) => {
    const started = performance.now()
    const decoded = await decodePicture(join(HOSTILE, file))
    expect(performance.now() - started).toBeLessThan(seconds * 1000)
    expect([decoded.width, decoded.height]).toEqual([image?.width, image?.height])
    for (const { x, y, rgb, tolerance } of image?.pixels ?? []) {
      const at = (y * decoded.width + x) * 3
      expect(largestDifference(decoded.rgb.subarray(at, at + 3), rgb)).toBeLessThanOrEqual(tolerance)
    }
  })

  it.each(images.filter((c) => c.expected === 'reject'))('refuses $file', async ({ file, reasons, seconds = 2 }) => {
    const started = performance.now()
    const error = await decodePicture(join(HOSTILE, file)).then(
      () => undefined,
      (reason: StudioError) => reason
    )
    expect(performance.now() - started).toBeLessThan(seconds * 1000)
    expect(reasons).toContain(error?.code)
    expect(error?.message).toMatch(new RegExp(`^${file}: .*\\.$`))
  })

  it('says the size of a picture that is too large', async () => {
    await expect(decodePicture(join(HOSTILE, 'huge-20000.png'))).rejects.toThrow('20000 × 20000 pixels, 400 megapixels')
  })
})

describe('decoding', () => {
  let folder = ''
  const path = (name: string): string => join(folder, name)
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'denseclip-images-'))
  })

  /** 12 × 8, red at the left, blue at the right */
  const picture = (): Sharp =>
    sharp(Buffer.from(Array.from({ length: 96 }, (_, i) => (i % 12 < 6 ? [220, 30, 30] : [30, 30, 220])).flat()), {
      raw: { width: 12, height: 8, channels: 3 }
    })

  it.each(['webp', 'tiff', 'gif', 'png'] as const)('reads %s', async (format) => {
    await picture()
      .toFormat(format, { lossless: true })
      .toFile(path(`a.${format}`))
    const { width, height, rgb } = await decodePicture(path(`a.${format}`))
    expect([width, height]).toEqual([12, 8])
    expect(largestDifference(rgb.subarray(0, 3), [220, 30, 30])).toBeLessThanOrEqual(8)
    expect(largestDifference(rgb.subarray(-3), [30, 30, 220])).toBeLessThanOrEqual(8)
  })

  it('drops transparency without blending and says so', async () => {
    const rgba = Buffer.from([200, 100, 50, 0, 10, 20, 30, 128])
    await sharp(rgba, { raw: { width: 2, height: 1, channels: 4 } })
      .png()
      .toFile(path('alpha.png'))
    const decoded = await decodePicture(path('alpha.png'))
    expect([...decoded.rgb]).toEqual([200, 100, 50, 10, 20, 30])
    expect(decoded.format).toBe('PNG, alpha')
    expect(decoded.notes).toHaveLength(1)
    expect(decoded.hash).toMatch(/^[0-9a-f]{64}$/)
  })

  it('applies no colour profile', async () => {
    await picture().withIccProfile('p3', { attach: true }).png().toFile(path('p3.png'))
    const { data } = await sharp(path('p3.png'), { ignoreIcc: true }).raw().toBuffer({ resolveWithObject: true })
    const decoded = await decodePicture(path('p3.png'))
    expect(Buffer.from(decoded.rgb).equals(data)).toBe(true)
  })

  it('names what cannot be opened', async () => {
    await expect(decodePicture(path('missing.png'))).rejects.toThrow('missing.png: there is no such file.')
    await expect(decodePicture(folder)).rejects.toMatchObject({ code: 'unreadable' })
    await writeFile(path('empty.png'), '')
    await expect(decodePicture(path('empty.png'))).rejects.toMatchObject({ code: 'truncated' })
    await writeFile(path('page.png'), '<!doctype html><title>404</title>')
    await expect(decodePicture(path('page.png'))).rejects.toMatchObject({ code: 'unsupported' })
    await writeFile(path('drawing.svg'), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    await expect(decodePicture(path('drawing.svg'))).rejects.toThrow('drawing.svg: SVG is not read here. Convert it')
  })
})

describe('labels', () => {
  let folder = ''
  const path = (name: string): string => join(folder, name)
  const values = Array.from({ length: 11 * 7 }, (_, i) => (i * 7 + Math.floor(i / 11)) % 19)
  const grey = (): Sharp => sharp(Buffer.from(values), { raw: { width: 11, height: 7, channels: 1 } })
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'denseclip-labels-'))
  })

  it('reads grey values', async () => {
    await grey().toColourspace('b-w').png().toFile(path('grey.png'))
    const { width, height, labels } = await decodeLabels(path('grey.png'))
    expect([width, height, ...labels]).toEqual([11, 7, ...values])
  })

  it.each([false, true])('reads palette indices, not colours (interlaced: %s)', async (progressive) => {
    await grey()
      .toColourspace('srgb')
      .png({ palette: true, progressive, dither: 0, colours: 32 })
      .toFile(path(`palette-${progressive}.png`))
    const { width, height, labels } = await decodeLabels(path(`palette-${progressive}.png`))
    expect([width, height]).toEqual([11, 7])
    // the writer orders its palette as it likes: equal values have equal indices, others have not
    const pairs = new Set(values.map((value, i) => `${value} ${labels[i]}`))
    expect(pairs.size).toBe(19)
    expect(Math.max(...labels)).toBeLessThan(32)
  })

  it('keeps 16 bits', async () => {
    const deep = Uint16Array.from([0, 255, 256, 65535])
    await sharp(deep, { raw: { width: 4, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toFile(path('deep.png'))
    expect([...(await decodeLabels(path('deep.png'))).labels]).toEqual([0, 255, 256, 65535])
  })

  it('refuses colours', async () => {
    const rgb = Buffer.from([1, 2, 3, 4, 5, 6])
    await sharp(rgb, { raw: { width: 2, height: 1, channels: 3 } })
      .png()
      .toFile(path('colours.png'))
    await expect(decodeLabels(path('colours.png'))).rejects.toMatchObject({ code: 'unsupported' })
  })

  it('refuses a palette PNG that is cut or damaged', async () => {
    await grey().toColourspace('srgb').png({ palette: true }).toFile(path('whole.png'))
    const bytes = readFileSync(path('whole.png'))
    await writeFile(path('cut.png'), bytes.subarray(0, bytes.length - 20))
    await expect(decodeLabels(path('cut.png'))).rejects.toMatchObject({ code: 'truncated' })
    const bad = Buffer.from(bytes)
    const idat = bad.indexOf('IDAT') + 8
    bad[idat] = (bad[idat] ?? 0) ^ 0xff
    await writeFile(path('bad.png'), bad)
    await expect(decodeLabels(path('bad.png'))).rejects.toMatchObject({ code: 'corrupt' })
  })

  const LABELS = resolve('../shared/sample-models/labels/day/day-0.png')
  it.skipIf(!existsSync(LABELS))('reads the sample labels (needs ../shared)', async () => {
    const { width, height, labels } = await decodeLabels(LABELS)
    expect([width, height]).toEqual([256, 256])
    expect([...new Set(labels)].every((label) => label < 11 || label === 255)).toBe(true)
  })

  const ONE_BIT = resolve('../shared/hostile/good-1bit.png')
  it.skipIf(!existsSync(ONE_BIT))('keeps one bit as 0 and 1 (needs ../shared)', async () => {
    expect(new Set((await decodeLabels(ONE_BIT)).labels)).toEqual(new Set([0, 1]))
  })
})
