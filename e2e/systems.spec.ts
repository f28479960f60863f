import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Locator } from '@playwright/test'
import { formatCosine } from '../models/figures/numbers'
import { readNpy, settled } from './golden'
import { expect, test, type Studio } from './studio'

/* Every system of the field in the window: opened beside another, with the files it needs, and saying what it is. */

const SYSTEMS = resolve('../shared/golden-systems')
const CLIP_MINI = 'resources/samples/checkpoints/clip-mini-rn.pt'
const CLIP = join(SYSTEMS, 'clip-rn', 'checkpoint.pt')
const COOP = join(SYSTEMS, 'clip-rn-coop-unified-end', 'model.pth.tar-50')
const FILES = join(SYSTEMS, 'maskclip-files')

const cards = ({ page }: Studio): Locator => page.getByTestId('model-card')
const card = (studio: Studio, letter: string): Locator =>
  studio.page.getByRole('article', { name: `Model ${letter}`, exact: true })
const panes = ({ page }: Studio): Locator => page.getByTestId('view-heatmaps').getByRole('application')
const panel = ({ page }: Studio): Locator => page.getByTestId('models')
/** The score map of a pane, by what a screen reader hears. */
const scoreMaps = ({ page }: Studio): Locator => page.getByRole('img', { name: /^score_map \(cosine\)/ })

test('a CLIP file is dropped and compared with itself as MaskCLIP, on the same class', async ({ studio }) => {
  await studio.ready()
  const { page } = studio
  await studio.drop([CLIP_MINI], {}, async () => {
    await expect(page.getByText('A checkpoint takes the place of model A.')).toBeVisible()
    await expect(page.getByText('Hold Shift, or drop on Models, to open it beside')).toBeVisible()
  })
  await expect(card(studio, 'A').getByTestId('model-system')).toHaveText('CLIP')
  await card(studio, 'A').getByText('Why, and what it gives').click()
  await expect(card(studio, 'A').getByTestId('model-about')).toContainText('Decoder: it has none that labels pixels')

  const compare = card(studio, 'A').getByRole('button', { name: 'Compare with MaskCLIP' })
  await compare.click()
  await expect(compare).toHaveAttribute('aria-pressed', 'true')
  await expect(cards(studio)).toHaveCount(2)
  await expect(card(studio, 'B').getByTestId('model-system')).toHaveText('MaskCLIP')
  await expect(card(studio, 'A').getByTestId('model-z')).toContainText('attention pool with each cell as a query')
  await expect(card(studio, 'B').getByTestId('model-z')).toContainText('1×1 convolutions of each cell')
  await expect(panes(studio)).toHaveCount(2)
  await expect(scoreMaps(studio)).toHaveCount(2)
  const view = page.getByTestId('view-heatmaps')
  await expect(view.getByText('CLIP', { exact: true })).toBeVisible()
  await expect(view.getByText('MaskCLIP', { exact: true })).toBeVisible()

  await compare.click()
  await expect(cards(studio)).toHaveCount(1)
  // and the other way: the model itself is opened as MaskCLIP
  await card(studio, 'A').getByRole('radio', { name: 'MaskCLIP' }).check({ force: true })
  await expect(card(studio, 'A').getByTestId('model-system')).toHaveText('MaskCLIP')
  await expect(scoreMaps(studio)).toHaveCount(1)
  await expect(page.getByRole('alert')).toHaveCount(0)
})

test('four models are open, and a fifth is refused with a sentence', async ({ studio }) => {
  await studio.ready()
  const { page } = studio
  for (const count of [2, 3, 4]) {
    await studio.drop([CLIP_MINI], { over: panel(studio) }, async () => {
      await expect(page.getByText('Drop checkpoints to open them beside')).toBeVisible()
    })
    await expect(cards(studio)).toHaveCount(count)
  }
  await studio.chooseInMenu('open-beside')
  await expect(page.getByText('Four models are open, and more do not fit: close one of them first.')).toBeVisible()
  await expect(cards(studio)).toHaveCount(4)
  await card(studio, 'D').getByRole('button', { name: 'Model D: replace, close' }).click()
  await page.getByRole('menuitem', { name: 'Make it model A' }).click()
  await expect(card(studio, 'A').getByTestId('model-system')).toHaveText('CLIP')
  await expect(card(studio, 'B').getByTestId('model-system')).toHaveText('DenseCLIP')
})

test.describe('systems whose files lack something', () => {
  test.skip(!existsSync(SYSTEMS), 'needs ../shared/golden-systems')

  test('CLIP without any list asks for words instead of running', async ({ studio }) => {
    await studio.ready()
    const { page } = studio
    // beside another it has that one's list, and keeps it alone
    await studio.drop([CLIP], { over: panel(studio) })
    await expect(card(studio, 'B')).toContainText('11 classes')
    await card(studio, 'A').getByRole('button', { name: 'Close model A' }).click()
    await expect(card(studio, 'A')).toContainText('checkpoint.pt')
    await expect(card(studio, 'A')).toContainText('11 classes')
    await card(studio, 'A').getByRole('button', { name: 'Close model A' }).click()
    await studio.openPaths([CLIP])
    const lacks = page.getByTestId('model-lacks')
    await expect(lacks).toContainText('It compares the picture with any words.')
    await lacks.getByRole('button', { name: 'Choose a list…' }).click()
    const dialog = page.getByTestId('class-names')
    await dialog.getByRole('button', { name: 'Cityscapes' }).click()
    await expect(dialog.getByRole('status')).toHaveText('19 given')
    await dialog.getByRole('button', { name: 'Use these names' }).click()
    await expect(card(studio, 'A')).toContainText('19 classes')
    await expect(scoreMaps(studio)).toHaveCount(1)
    await expect(page.getByRole('alert')).toHaveCount(0)
  })

  test('CoOp asks for its CLIP; one of another width is refused, the right one runs it', async ({ studio }) => {
    await studio.ready()
    const { page } = studio
    await studio.chooseInDialogs([COOP])
    await page.keyboard.press('ControlOrMeta+Shift+B')
    await expect(card(studio, 'B').getByTestId('model-system')).toHaveText('CoOp')
    const needs = card(studio, 'B').getByTestId('model-needs')
    await expect(needs).toContainText('The CLIP that it was trained on')
    await expect(page.getByTestId('model-lacks')).toContainText('It cannot be run yet')

    await studio.chooseInDialogs([CLIP_MINI])
    await needs.getByRole('button', { name: 'Choose the CLIP…' }).click()
    await expect(card(studio, 'B').getByTestId('change-error')).toContainText(
      'clip-mini-rn.pt: its words are vectors of 48 numbers, but the contexts of model.pth.tar-50 have 64; ' +
        'give the CLIP that they were trained on.'
    )
    await expect(needs).toBeVisible()
    await expect(cards(studio)).toHaveCount(2)

    await studio.chooseInDialogs([CLIP])
    await needs.getByRole('button', { name: 'Choose the CLIP…' }).click()
    await expect(card(studio, 'B')).toContainText('checkpoint.pt')
    await expect(card(studio, 'B').getByTestId('change-error')).toHaveCount(0)
    await expect(page.getByTestId('model-lacks')).toHaveCount(0)
    await expect(card(studio, 'B')).toContainText('11 classes')
    await expect(scoreMaps(studio)).toHaveCount(2)
    // the file does not tell where the name stands
    await card(studio, 'B').getByLabel('Name stands at the').selectOption('front')
    await settled(studio)
    await expect(card(studio, 'B').getByLabel('Name stands at the')).toHaveValue('front')
    await page.keyboard.press('ControlOrMeta+Z')
    await expect(card(studio, 'B').getByLabel('Name stands at the')).toHaveValue('end')
  })

  test('CoOp takes a CLIP that is dropped while it waits for one', async ({ studio }) => {
    await studio.ready()
    await studio.drop([COOP], { shift: true })
    await expect(card(studio, 'B').getByTestId('model-needs')).toBeVisible()
    await studio.drop([CLIP])
    await expect(card(studio, 'B').getByTestId('model-needs')).toHaveCount(0)
    await expect(card(studio, 'A').getByTestId('model-system')).toHaveText('DenseCLIP')
    await expect(scoreMaps(studio)).toHaveCount(2)
  })

  test('MaskCLIP’s own files find each other, and get the names of their classes', async ({ studio, dataFolder }) => {
    await studio.ready()
    const { page } = studio
    await studio.drop([join(FILES, 'ViT16_clip_backbone.pth')])
    const own = card(studio, 'A')
    await expect(own).toContainText('ViT16_clip_weights.pth')
    await expect(own).toContainText('voc_ViT16_clip_text.pth')
    await expect(own.getByTestId('model-words')).toContainText('shown as class 1 to class 4')
    await expect(page.getByTestId('class-list').getByRole('option')).toHaveCount(4)
    await expect(page.getByTestId('class-list')).toContainText('class 3')
    await expect(scoreMaps(studio)).toHaveCount(1)

    await own.getByRole('button', { name: 'Name the classes…' }).click()
    const dialog = page.getByTestId('class-names')
    const apply = dialog.getByRole('button', { name: 'Use these names' })
    await dialog.getByRole('textbox').fill('aeroplane, bicycle, bird')
    await expect(dialog.getByRole('status')).toContainText('4 needed, 3 given')
    await expect(apply).toBeDisabled()
    await expect(dialog.getByRole('button', { name: 'ADE20K' })).toBeDisabled()
    const { classes } = JSON.parse(readFileSync(join(FILES, 'case.json'), 'utf8')) as { classes: string[] }
    await dialog.getByRole('textbox').fill(classes.join('\n'))
    await apply.click()
    await expect(own.getByTestId('model-words')).toHaveCount(0)
    await expect(page.getByTestId('class-list')).toContainText('boat')

    // the numbers are those that the command line computes from the same picture
    const picture = resolve('resources/samples/images/day/day-0.png')
    const words = ['scripts/cli.mjs', 'tensors', join(FILES, 'ViT16_clip_backbone.pth'), '--input', picture]
    const files = ['--clip-weights', join(FILES, 'ViT16_clip_weights.pth')]
    const text = ['--clip-text', join(FILES, 'voc_ViT16_clip_text.pth'), '--classes', classes.join(',')]
    const out = ['--out', dataFolder, '--tensors', 'score_map']
    await promisify(execFile)(process.execPath, [...words, ...files, ...text, ...out])
    const scores = await readNpy(join(dataFolder, 'score_map.npy'))
    const side = Math.sqrt(scores.length / classes.length)
    const plot = panes(studio)
    const box = await plot.boundingBox()
    if (!box) throw new Error('the plot is not on screen')
    await plot.hover({ position: { x: box.width / 2 + 2, y: box.height / 2 + 2 } })
    const cell = (side / 2) * side + side / 2
    const probe = page.getByTestId('probe')
    for (const [index, name] of classes.entries()) {
      await expect(probe.getByRole('row', { name })).toContainText(formatCosine(scores[index * side * side + cell]))
    }
  })
})
