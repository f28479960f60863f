import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeNpy } from '../models/checkpoints/npy'
import { float32Tensor } from '../models/tensor'
import { settled } from './golden'
import { expect, test } from './studio'

/* The picture as a token of DenseCLIP's prompts: what-if, and said so. */

const CHANNELS = 128
const TOKEN_WIDTH = 48

test('the picture becomes a token of the prompts through a projection file, and the pane says so', async ({
  studio,
  dataFolder
}) => {
  await studio.ready()
  const { page } = studio
  const card = page.getByTestId('model-card')
  const prompt = card.getByRole('combobox', { name: 'Image prompt' })
  const view = page.getByTestId('view-heatmaps')
  await expect(prompt).toHaveValue('none')

  // widths that do not agree: it stays as it was
  await prompt.selectOption('identity')
  await expect(page.getByTestId('change-error')).toContainText(
    `its tokens are vectors of ${TOKEN_WIDTH} numbers and z̄ has ${CHANNELS}`
  )
  await expect(prompt).toHaveValue('none')
  await expect(view).not.toContainText('image prompt what-if')

  const projection = join(dataFolder, 'projection.npy')
  const values = Float32Array.from({ length: TOKEN_WIDTH * CHANNELS }, (_, i) => Math.sin(i) / 20)
  await writeFile(projection, encodeNpy(float32Tensor([TOKEN_WIDTH, CHANNELS], values)))
  await studio.chooseInDialogs([projection])
  await prompt.selectOption('file')
  await expect(card).toContainText(
    'image prompt [p, I, e_k] with I = Proj(z̄) of projection.npy, ICPC-style, not trained'
  )
  await settled(studio)
  await expect(view).toContainText('image prompt what-if')

  await prompt.selectOption('none')
  await expect(card).not.toContainText('ICPC')
  await settled(studio)
  await expect(view).not.toContainText('image prompt what-if')
})

test('MaskCLIP’s map is seen before and after, and both are measured against the labels', async ({ studio }) => {
  await studio.ready()
  const { page } = studio
  await studio.drop(['resources/samples/checkpoints/clip-mini-rn.pt'])
  await page.getByTestId('model-card').getByRole('radio', { name: 'MaskCLIP' }).check({ force: true })
  await expect(page.getByTestId('model-system')).toHaveText('MaskCLIP')
  const before = page.getByRole('img', { name: /^score_map \(cosine\)/ })
  await expect(before).toBeVisible()

  const choose = (name: string): Promise<void> => page.getByRole('radio', { name }).check({ force: true })
  await choose('Smoothed')
  await expect(page.getByRole('img', { name: /^score_map_smoothed \(Σp\)/ })).toBeVisible()
  await expect(page.getByTestId('view-heatmaps')).toContainText('car · score_map_smoothed')
  const quality = page.getByTestId('quality')
  for (const name of ['Score map', 'Denoised', 'Smoothed']) {
    await expect(quality.getByRole('columnheader', { name })).toBeVisible()
  }
  await expect(
    quality
      .getByRole('row', { name: /mIoU/ })
      .getByRole('cell')
      .filter({ hasText: /\d\.\d/ })
  ).toHaveCount(3)
  await choose('Denoised')
  await expect(page.getByRole('img', { name: /^score_map_denoised \(cosine\)/ })).toBeVisible()
  await choose('As computed')
  await expect(before).toBeVisible()
  await expect(page.getByRole('alert')).toHaveCount(0)
})
