import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { resizeRgbAntialiased } from './antialias'
import type { RgbImage } from './preprocess'

/** A picture full of edges, the same every time. */
function pattern(width: number, height: number): RgbImage {
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [channel, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)]
    return (x * x * 7 + y * 13 * (x + 1) + channel * 53) % 256
  })
  return { width, height, rgb }
}

/** Sizes before and after, and the start of the SHA-256 of what Pillow's `resize(size, Image.BILINEAR)` gives. */
it.each<[[number, number], [number, number], string]>([
  [[5, 3], [8, 2], '01ea463b5330e2d2'],
  [[97, 61], [40, 25], '27eec5e592f89bdc'],
  [[30, 20], [64, 43], '87b9d7d68568ff2f'],
  [[64, 48], [64, 24], '67d659e2b41e0dae']
])('is Pillow’s bilinear resize: %o to %o', ([fromWidth, fromHeight], [width, height], hash) => {
  const resized = resizeRgbAntialiased(pattern(fromWidth, fromHeight), { width, height })
  expect(resized).toMatchObject({ width, height })
  expect(createHash('sha256').update(resized.rgb).digest('hex').slice(0, 16)).toBe(hash)
})
