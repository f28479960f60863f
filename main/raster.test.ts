import sharp from 'sharp'
import { expect, test } from 'vitest'
import { rasterizeSvg } from './raster'

const FONTS = 'resources/fonts'
const svg = (body: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="200" height="40">${body}</svg>`
const text = (family: string, words: string, more = ''): string =>
  svg(`<text x="4" y="28" font-size="20" font-family="${family}" ${more}>${words}</text>`)

/** Share of the pixels that ink covers, 0..1. */
async function ink(drawing: string): Promise<number> {
  const { channels } = await sharp(await rasterizeSvg(drawing, 400, FONTS)).stats()
  return (channels[3]?.mean ?? 0) / 255
}

test('the PNG has the asked width, and the height that goes with it', async () => {
  const png = await rasterizeSvg(svg('<rect width="200" height="40" fill="#102030"/>'), 500, FONTS)
  const { width, height } = await sharp(png).metadata()
  expect([width, height]).toEqual([500, 100])
  expect([...(await sharp(png).removeAlpha().raw().toBuffer()).subarray(0, 3)]).toEqual([0x10, 0x20, 0x30])
})

test('every family that figures use is brought along', async () => {
  expect(await ink(text('Inter', 'score γ τ t′ −0.243'))).toBeGreaterThan(0.02)
  expect(await ink(text('Noto Sans KR', '자동차 도로'))).toBeGreaterThan(0.02)
  // each in its own shape: a family that was missing would be drawn by another
  const inks = await Promise.all([
    ink(text('Inter', 'score_map')),
    ink(text('Inter', 'score_map', 'font-weight="600"')),
    ink(text('JetBrains Mono', 'score_map')),
    ink(text('Noto Sans KR', 'score_map'))
  ])
  expect(new Set(inks).size).toBe(4)
})

test('a family of the system is not taken: it would draw other figures on other machines', async () => {
  expect(await ink(text('DejaVu Sans', 'score_map'))).toBe(await ink(text('No Such Family', 'score_map')))
})

test('embedded pictures are drawn', async () => {
  const red = await sharp({ create: { width: 2, height: 2, channels: 3, background: '#ff0000' } })
    .png()
    .toBuffer()
  const image = `<image width="200" height="40" preserveAspectRatio="none" href="data:image/png;base64,${red.toString('base64')}"/>`
  expect(await ink(svg(image))).toBeGreaterThan(0.99)
})

test.each([
  ['a path', '<image width="9" height="9" href="/etc/hostname.png"/>'],
  ['a file address', '<image width="9" height="9" xlink:href = \'file:///picture.png\'/>'],
  ['a relative path', '<image width="9" height="9" href="resources/samples/images/day/day-0.png"/>'],
  [
    'an embedded drawing, which could point further',
    '<image width="9" height="9" href="data:image/svg+xml;base64,AA"/>'
  ]
])('%s outside the drawing is refused', async (_what, body) => {
  await expect(rasterizeSvg(svg(body), 100, FONTS)).rejects.toThrow(/points outside itself/)
})

test('entities are refused', async () => {
  await expect(rasterizeSvg(`<!DOCTYPE svg [<!ENTITY a "b">]>${svg('')}`, 100, FONTS)).rejects.toThrow(/outside/)
})

test.each([0, -1, 1.5, Number.NaN, 1e9])('a width of %s is refused', async (width) => {
  await expect(rasterizeSvg(svg(''), width, FONTS)).rejects.toThrow(/pixels wide/)
})

test('a broken drawing is an error, not a crash', async () => {
  await expect(rasterizeSvg('<svg><rect', 100, FONTS)).rejects.toThrow(/cannot be turned into pixels/)
})
