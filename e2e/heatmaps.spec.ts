import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { formatCosine, formatLogit, formatNats } from '../models/figures/numbers'
import { lookup, type ColorMap, type Rgb } from '../models/palettes'
import {
  CHECKPOINT,
  COLUMNS,
  golden,
  goldenClasses,
  goldenPicture,
  hasGolden,
  HEIGHT,
  hover,
  plot,
  ROWS,
  runUnscaled,
  screenOf,
  title,
  WIDTH,
  writeGoldenPicture
} from './golden'
import { expect, test, type Studio } from './studio'

/*
 * The Heatmaps view over a checkpoint whose every tensor is known: what is read and what is seen in the window has to
 * be what the stored tensors predict.
 */

/** A pixel in the middle of nothing: cell (1, 2), off the middle of the cell. */
const PIXEL = { x: 75, y: 41 }

test.skip(!hasGolden, 'needs ../shared/golden')

/** Labels of every class in stripes, with a border of ignored pixels. */
function labelStripes(): Uint8Array {
  return Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
    const x = i % WIDTH
    return x < 8 ? 255 : Math.floor(x / 8) % goldenClasses().length
  })
}

/** Opens the golden checkpoint with its picture, unscaled, and the stripes as labels. */
async function openGolden(studio: Studio, folder: string): Promise<void> {
  const labels = join(folder, 'golden-labels.png')
  const grey = { width: WIDTH, height: HEIGHT, channels: 1 } as const
  await writeFile(labels, await sharp(labelStripes(), { raw: grey }).toColourspace('b-w').png().toBuffer())
  const { page } = studio
  await page.locator('body[data-ready]').waitFor()
  await studio.openPaths([await writeGoldenPicture(folder)])
  await expect(page.getByTestId('pictures')).toContainText('golden.png')
  await studio.chooseInDialogs([labels])
  await studio.chooseInMenu('open-labels')
  await expect(page.getByTestId('pictures')).toContainText('golden-labels.png')
  await studio.openPaths([CHECKPOINT])
  await runUnscaled(studio)
  await page
    .getByTestId('class-list')
    .getByRole('option', { name: goldenClasses()[0] ?? '' })
    .click()
  await expect(title(studio)).toHaveText(`${goldenClasses()[0]} · score_map`)
  // the sample has such a class too: the range of the scale tells whose score map it is
  const scores = await golden('score_map')
  await expect(page.getByRole('img', { name: /^score_map \(cosine\)/ })).toHaveAccessibleName(
    `score_map (cosine): ${formatCosine(Math.min(...scores))} – ${formatCosine(Math.max(...scores))}`
  )
  await expect(page.getByTestId('view-heatmaps')).not.toContainText('before the last change')
}

/** Colours of the plot at places of the picture. */
async function colorsAt(studio: Studio, places: readonly { x: number; y: number }[]): Promise<Rgb[]> {
  await studio.page.mouse.move(2, 2) // no marks in the way
  const shot = await plot(studio).screenshot()
  const { data, info } = await sharp(shot).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  return Promise.all(
    places.map(async (place) => {
      const at = await screenOf(studio, place.x, place.y)
      const offset = 3 * (Math.floor(at.y) * info.width + Math.floor(at.x))
      return [data[offset] ?? 0, data[offset + 1] ?? 0, data[offset + 2] ?? 0] as const
    })
  )
}

function expectColors(got: readonly Rgb[], expected: readonly Rgb[], tolerance: number): void {
  got.forEach((color, i) =>
    color.forEach((value, channel) =>
      expect(
        Math.abs(value - (expected[i]?.[channel] ?? NaN)),
        `colour ${i}: ${color} for ${expected[i]}`
      ).toBeLessThanOrEqual(tolerance)
    )
  )
}

const middles = Array.from({ length: ROWS * COLUMNS }, (_, cell) => ({
  x: (((cell % COLUMNS) + 0.5) * WIDTH) / COLUMNS,
  y: ((Math.floor(cell / COLUMNS) + 0.5) * HEIGHT) / ROWS
}))

async function colorsOfClass(index: number, map: ColorMap): Promise<Rgb[]> {
  const scores = await golden('score_map')
  const [low, high] = [Math.min(...scores), Math.max(...scores)]
  const size = ROWS * COLUMNS
  return [...scores.subarray(index * size, (index + 1) * size)].map((value) =>
    lookup(map, (value - low) / (high - low))
  )
}

/** Opacity to full, so that colours are those of the map alone. */
async function showOpaque({ page }: Studio): Promise<void> {
  await page.getByRole('slider', { name: 'Opacity' }).fill('1')
}

test('a probe reads the numbers of the stored tensors', async ({ studio, dataFolder }) => {
  await openGolden(studio, dataFolder)
  await expect(studio.page.getByTestId('inspector')).not.toContainText('not there yet')
  await hover(studio, PIXEL.x + 0.5, PIXEL.y + 0.5)
  const probe = studio.page.getByTestId('probe')
  await expect(probe).toContainText('row 1, column 2 of 3 × 4')
  const scores = await golden('score_map')
  const logits = await golden('seg_logits')
  for (const [index, name] of goldenClasses().entries()) {
    const row = probe.getByRole('row', { name })
    await expect(row).toContainText(formatCosine(scores[index * ROWS * COLUMNS + COLUMNS + 2]))
    await expect(row).toContainText(formatLogit(logits[(index * HEIGHT + PIXEL.y) * WIDTH + PIXEL.x]))
  }
})

test('pixels are those that the score map predicts, and follow the class', async ({ studio, dataFolder }) => {
  await openGolden(studio, dataFolder)
  const { page } = studio
  await showOpaque(studio)
  await page.getByTestId('view-options').getByRole('radio', { name: 'As they are' }).check({ force: true })
  await expect(plot(studio)).toBeVisible()
  expectColors(await colorsAt(studio, middles), await colorsOfClass(0, 'viridis'), 2)

  await page
    .getByTestId('class-list')
    .getByRole('option', { name: goldenClasses()[2] ?? '' })
    .click()
  await expect(title(studio)).toHaveText(`${goldenClasses()[2]} · score_map`)
  expectColors(await colorsAt(studio, middles), await colorsOfClass(2, 'viridis'), 2)
  // a switch uploads and draws one class: its share of a frame of 16.7 ms
  const drawMs = Number(await plot(studio).getAttribute('data-draw-ms'))
  expect(drawMs).toBeLessThan(4)

  await page.getByTestId('view-options').getByRole('combobox', { name: 'Colour map' }).selectOption('magma')
  await expect(page.locator('[data-color-map="magma"]')).toBeVisible()
  expectColors(await colorsAt(studio, middles), await colorsOfClass(2, 'magma'), 2)
})

test('bilinear is the resize of the models, between the middles of cells too', async ({ studio, dataFolder }) => {
  await openGolden(studio, dataFolder)
  await showOpaque(studio)
  const scores = await golden('score_map')
  const [low, high] = [Math.min(...scores), Math.max(...scores)]
  // halfway between the middles of cells (1, 1) and (1, 2), and in the corner, where the first cell holds
  const cell = (row: number, column: number): number => scores[row * COLUMNS + column] ?? 0
  const expected = [(cell(1, 1) + cell(1, 2)) / 2, cell(0, 0)].map((value) =>
    lookup('viridis', (value - low) / (high - low))
  )
  const places = [
    { x: WIDTH / 2, y: HEIGHT / 2 },
    { x: 2, y: 2 }
  ]
  expectColors(await colorsAt(studio, places), expected, 8)
})

test('both losses have the means that the logits and labels give', async ({ studio, dataFolder }) => {
  await openGolden(studio, dataFolder)
  const { page } = studio
  const view = page.getByTestId('view-heatmaps')
  const logits = await golden('seg_logits')
  const labels = labelStripes()
  const size = WIDTH * HEIGHT
  let sum = 0
  let counted = 0
  labels.forEach((label, pixel) => {
    if (label === 255) return
    const values = goldenClasses().map((_, k) => logits[k * size + pixel] ?? 0)
    const top = Math.max(...values)
    sum += top + Math.log(values.reduce((total, value) => total + Math.exp(value - top), 0)) - (values[label] ?? 0)
    counted++
  })
  await page.getByRole('combobox', { name: 'Overlay' }).selectOption('loss-decoder')
  await expect(view).toContainText(`mean ${formatNats(sum / counted)} nats`)
  await page.getByRole('combobox', { name: 'Overlay' }).selectOption('loss-score')
  await expect(view).toContainText('cross-entropy of score_map / τ')
  await expect(view).toContainText('τ 0.07')
})

test('similar cells are cosines of z, and follow the pin', async ({ studio, dataFolder }) => {
  await openGolden(studio, dataFolder)
  const { page } = studio
  const z = await golden('visual_embedding')
  const size = ROWS * COLUMNS
  const vector = (cell: number): number[] => Array.from({ length: z.length / size }, (_, c) => z[c * size + cell] ?? 0)
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0)
  const pinned = vector(COLUMNS + 2)
  const cosines = Array.from({ length: size }, (_, cell) => {
    const other = vector(cell)
    return dot(pinned, other) / Math.sqrt(dot(pinned, pinned) * dot(other, other))
  })
  await page.getByRole('combobox', { name: 'Overlay' }).selectOption('similar')
  await page.getByTestId('view-options').getByRole('radio', { name: 'Own' }).check({ force: true })
  await plot(studio).click({ position: await screenOf(studio, PIXEL.x, PIXEL.y) })
  await expect(title(studio)).toHaveText('cosine to row 1, column 2 · visual_embedding')
  const bar = page.getByRole('img', { name: /^visual_embedding \(cosine\)/ })
  await expect(bar).toHaveAccessibleName(
    `visual_embedding (cosine): ${formatCosine(Math.min(...cosines))} – ${formatCosine(1)}`
  )
})

test('γ × 0 shows the score map of the words as they were, and says that it is a what-if', async ({
  studio,
  dataFolder
}) => {
  await openGolden(studio, dataFolder)
  const { page } = studio
  await page.getByTestId('run-options').getByRole('slider', { name: 'γ' }).fill('0')
  await expect(page.getByTestId('view-heatmaps')).toContainText('γ × 0.00 what-if')
  const [z, t] = [await golden('visual_embedding'), await golden('text_embedding')]
  const channels = t.length / goldenClasses().length
  const size = ROWS * COLUMNS
  const cell = COLUMNS + 2
  const cosine = (k: number): number => {
    let [product, zz, tt] = [0, 0, 0]
    for (let c = 0; c < channels; c++) {
      const [a, b] = [z[c * size + cell] ?? 0, t[k * channels + c] ?? 0]
      product += a * b
      zz += a * a
      tt += b * b
    }
    return product / Math.sqrt(zz * tt)
  }
  await hover(studio, PIXEL.x, PIXEL.y)
  for (const [index, name] of goldenClasses().entries()) {
    await expect(page.getByTestId('probe').getByRole('row', { name })).toContainText(formatCosine(cosine(index)))
  }
})

test('an export has its labels as text and its colours as pixels', async ({ studio, dataFolder }) => {
  await openGolden(studio, dataFolder)
  const { page } = studio
  await showOpaque(studio)
  await page.getByTestId('view-options').getByRole('radio', { name: 'As they are' }).check({ force: true })
  await plot(studio).click({ position: await screenOf(studio, PIXEL.x, PIXEL.y) })
  await studio.saveInDialogs(join(dataFolder, 'pane.svg'))
  await page.getByRole('button', { name: 'Export…' }).click()
  await expect(page.getByTestId('toast')).toContainText('pane.svg')

  const svg = readFileSync(join(dataFolder, 'pane.svg'), 'utf8')
  const scores = await golden('score_map')
  for (const text of [
    `${goldenClasses()[0]} · score_map`,
    'score_map (cosine)',
    formatCosine(Math.min(...scores)),
    formatCosine(Math.max(...scores)),
    'cells',
    'shared scale',
    'whole picture',
    'checkpoint.pth · golden.png'
  ]) {
    expect(svg.includes(`>${text}<`), text).toBe(true)
  }
  expect(JSON.parse(readFileSync(join(dataFolder, 'pane.json'), 'utf8'))).toMatchObject({
    checkpoint: { fileName: 'checkpoint.pth', system: 'denseclip' },
    picture: { fileName: 'golden.png', width: WIDTH, height: HEIGHT },
    classes: goldenClasses(),
    mode: { kind: 'whole' },
    input: { width: WIDTH, height: HEIGHT },
    shown: [{ title: `${goldenClasses()[0]} · score_map`, probes: [{ label: '1' }] }]
  })

  // the first image of the file is the picture; the PNG has two pixels for each of the SVG's
  const [, x = NaN, y = NaN, width = NaN, height = NaN] = (
    /<image x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? []
  ).map(Number)
  const { data, info } = await sharp(join(dataFolder, 'pane.png'))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  const expected = await colorsOfClass(0, 'viridis')
  const got = middles.map((middle): Rgb => {
    const column = Math.floor(2 * (x + (middle.x / WIDTH) * width))
    const row = Math.floor(2 * (y + (middle.y / HEIGHT) * height))
    const offset = 3 * (row * info.width + column)
    return [data[offset] ?? 0, data[offset + 1] ?? 0, data[offset + 2] ?? 0]
  })
  expectColors(got, expected, 2)
})

test('panes on one picture share the place under the mouse and the camera; Space shows the bare picture', async ({
  studio,
  dataFolder
}) => {
  await openGolden(studio, dataFolder)
  const { page } = studio
  const view = page.getByTestId('view-heatmaps')
  await showOpaque(studio)
  await page.getByRole('radio', { name: 'Side by side' }).check({ force: true })
  const panes = view.getByRole('application')
  await expect(panes).toHaveCount(2)
  await hover(studio, PIXEL.x, PIXEL.y)
  // the cell and the place, in the pane that is pointed at and in the other one
  await expect(view.locator('[data-mark] rect.light')).toHaveCount(2)
  const cell = (pane: number) => panes.nth(pane).locator('[data-mark] rect.light')
  const before = await cell(1).getAttribute('width')
  await page.mouse.wheel(0, -400)
  await expect.poll(() => cell(1).getAttribute('width')).not.toBe(before)
  expect(await cell(1).getAttribute('width')).toBe(await cell(0).getAttribute('width'))
  await panes.nth(1).dblclick()
  // it fits the picture and pins nothing
  await expect.poll(() => cell(1).getAttribute('width')).toBe(before)
  await expect(view.locator('[data-mark="1"]')).toHaveCount(0)

  await page.getByRole('radio', { name: 'Single' }).check({ force: true })
  await page.mouse.move(2, 2)
  await page.locator('body').click({ position: { x: 2, y: 2 } })
  await page.keyboard.down(' ')
  const picture = await goldenPicture()
  const places = [
    { x: 20, y: 30 },
    { x: 100, y: 70 }
  ]
  const colors = places.map(({ x, y }) => [...picture.subarray(3 * (y * WIDTH + x), 3 * (y * WIDTH + x) + 3)])
  const centres = places.map(({ x, y }) => ({ x: x + 0.5, y: y + 0.5 }))
  expect(await colorsAt(studio, centres)).toEqual(colors)
  await page.keyboard.up(' ')
  expect(await colorsAt(studio, centres)).not.toEqual(colors)
})

test('the pane looks as it did', async ({ studio, dataFolder }) => {
  await openGolden(studio, dataFolder)
  await studio.page.mouse.move(2, 2)
  await expect(plot(studio)).toHaveScreenshot('score-map.png')
  await studio.page.getByRole('combobox', { name: 'Overlay' }).selectOption('decoder-argmax')
  await expect(title(studio)).toHaveText('argmax of seg_logits')
  await expect(plot(studio)).toHaveScreenshot('decoder-argmax.png')
})
