import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator } from '@playwright/test'
import sharp from 'sharp'
import { formatCosine } from '../models/figures/numbers'
import { SAMPLE_WEIGHTS, sampleOnnx } from '../models/graph/onnx-sample'
import { settled } from './golden'
import { expect, test, type Studio } from './studio'

/* An ONNX file is opened as it is; what its outputs mean is said once and holds for its content, wherever it lies. */

const SIDE = 64
/** of a picture of one colour every cell is the same, so that its scores can be worked out */
const COLOR = { r: 204, g: 102, b: 51 }

const panel = ({ page }: Studio): Locator => page.getByTestId('output-meanings')
const meaningOf = (studio: Studio, output: string): Locator =>
  panel(studio).getByRole('combobox', { name: `Meaning of ${output}` })
const scoreMap = ({ page }: Studio): Locator => page.getByRole('img', { name: /^score_map \(cosine\)/ })

async function writeFiles(folder: string): Promise<{ model: string; picture: string }> {
  const model = join(folder, 'somebody.onnx')
  const metadata = { names: JSON.stringify(['road', 'tree', 'sky', 'car']) }
  await writeFile(model, sampleOnnx({ size: [SIDE, SIDE], metadata }).model)
  const picture = join(folder, 'plain.png')
  await sharp({ create: { width: SIDE, height: SIDE, channels: 3, background: COLOR } })
    .png()
    .toFile(picture)
  return { model, picture }
}

test('an output is taken for the score map once, for the content of the file', async ({ studio, dataFolder }) => {
  const { model, picture } = await writeFiles(dataFolder)
  const { page } = studio
  await studio.ready()
  await studio.openPaths([model, picture])
  await expect(page.getByTestId('model-card').getByTestId('model-system')).toHaveText('ONNX')

  // what has no meaning yet is told in the pane, with what to do
  await expect(page.getByText('No output of this file is taken for score_map yet')).toBeVisible()
  await expect(meaningOf(studio, 'dense')).toHaveValue('feature-map')
  await expect(meaningOf(studio, 'pooled')).toHaveValue('picture-embedding')
  await expect(panel(studio)).toContainText('float32 batch × 4 × 8 × 8')

  await panel(studio).getByRole('combobox', { name: 'Normalisation' }).selectOption('0 to 1')
  await meaningOf(studio, 'dense').selectOption('Score map')
  await expect(meaningOf(studio, 'dense')).toHaveValue('score-map')
  await expect(scoreMap(studio)).toHaveCount(1)
  await settled(studio)

  // the numbers are those of the file: weights · colour
  const plot = page.getByTestId('view-heatmaps').getByRole('application').first()
  await plot.hover()
  const color = [COLOR.r / 255, COLOR.g / 255, COLOR.b / 255]
  for (const [index, name] of ['road', 'tree', 'sky', 'car'].entries()) {
    const score = (SAMPLE_WEIGHTS[index] ?? []).reduce(
      (sum, weight, channel) => sum + weight * (color[channel] ?? 0),
      0
    )
    await expect(page.getByTestId('probe').getByRole('row', { name: new RegExp(`^${name} `) })).toContainText(
      formatCosine(score)
    )
  }

  await page.getByRole('button', { name: 'Close model A' }).click()
  await expect(page.getByTestId('model-card')).toHaveCount(0)
  await mkdir(join(dataFolder, 'elsewhere'))
  const copy = join(dataFolder, 'elsewhere', 'copy.onnx')
  await copyFile(model, copy)
  await studio.openPaths([copy])
  await expect(page.getByTestId('model-card')).toContainText('copy.onnx')
  await expect(meaningOf(studio, 'dense')).toHaveValue('score-map')
  await expect(scoreMap(studio)).toHaveCount(1)

  // a meaning that contradicts another is refused, and what was shown stays
  await meaningOf(studio, 'cells').selectOption('Score map')
  await expect(page.getByRole('alert')).toContainText('“dense” and “cells” are both taken for the score-map')
  await expect(meaningOf(studio, 'cells')).toHaveValue('feature-map')
  await expect(scoreMap(studio)).toHaveCount(1)
})
