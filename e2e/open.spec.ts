import { basename } from 'node:path'
import { formatCosine } from '../models/figures/numbers'
import {
  CHECKPOINT,
  COLUMNS,
  ROWS,
  golden,
  goldenClasses,
  hasGolden,
  hoverCell,
  plot,
  runUnscaled,
  settled,
  title,
  writeGoldenPicture
} from './golden'
import { expect, test, type Studio } from './studio'

/* How files come in: the first start, dialogs, drops, and the list of recent ones. */

const model = ({ page }: Studio) => page.getByTestId('model-card')
const pictures = ({ page }: Studio) => page.getByTestId('pictures')

/** Every cosine that the probe reads in a cell is the stored one. */
async function expectStoredScores(studio: Studio, row: number, column: number): Promise<void> {
  const scores = await golden('score_map')
  await hoverCell(studio, row, column)
  const probe = studio.page.getByTestId('probe')
  await expect(probe).toContainText(`row ${row}, column ${column} of ${ROWS} × ${COLUMNS}`)
  for (const [index, name] of goldenClasses().entries()) {
    const cosine = scores[(index * ROWS + row) * COLUMNS + column]
    await expect(probe.getByRole('row', { name })).toContainText(formatCosine(cosine))
  }
}

test('the first start shows where the sample’s cars are, and reads it under the mouse', async ({ studio }) => {
  await studio.ready()
  const { page } = studio
  await expect(title(studio)).toHaveText('car · score_map')
  await expect(model(studio)).toContainText('denseclip-mini-vit.pth')
  await expect(pictures(studio)).toContainText('day-0.png')
  await expect(page.getByTestId('class-list').getByRole('option', { selected: true })).toContainText('car')
  await expect(page.getByRole('img', { name: /^score_map \(cosine\)/ })).toBeVisible()
  await expect(page.getByTestId('engine-state')).toContainText('Engine ready')
  await plot(studio).hover({ position: { x: 300, y: 300 } })
  await expect(page.getByTestId('probe').getByRole('row', { name: 'car' })).toContainText(/[+−]0\.\d{3}/)

  // three hints, one after another, that go for good
  const hint = page.getByTestId('hint')
  for (const place of ['1 of 3', '2 of 3', '3 of 3']) {
    await expect(hint).toContainText(place)
    await hint.getByRole('button', { name: 'Got it' }).click()
  }
  await expect(hint).toHaveCount(0)
})

test.describe('a checkpoint', () => {
  test.skip(!hasGolden, 'needs ../shared/golden')

  test('comes by the file dialog, with the numbers that are stored for it', async ({ studio, dataFolder }) => {
    await studio.ready()
    const { page } = studio
    await studio.chooseInDialogs([await writeGoldenPicture(dataFolder)])
    await page.keyboard.press('ControlOrMeta+Shift+O')
    await expect(pictures(studio)).toContainText('golden.png')
    await studio.chooseInDialogs([CHECKPOINT])
    await page.keyboard.press('ControlOrMeta+O')
    await expect(model(studio)).toContainText('checkpoint.pth')
    await runUnscaled(studio)
    await settled(studio)
    await expectStoredScores(studio, 1, 2)
    await expectStoredScores(studio, 2, 0)

    // a dialog that is left changes nothing
    await studio.chooseInDialogs([])
    await page.keyboard.press('ControlOrMeta+O')
    await expect(model(studio)).toContainText('checkpoint.pth')
    await expect(page.getByRole('alert')).toHaveCount(0)
  })

  test('and its picture are dropped together, anywhere on the window', async ({ studio, dataFolder }) => {
    await studio.ready()
    const files = [CHECKPOINT, await writeGoldenPicture(dataFolder)]
    await studio.drop(files, {}, async () => {
      await expect(studio.page.getByText('Drop a checkpoint, a picture, or a label image')).toBeVisible()
    })
    await expect(studio.page.getByText('Drop a checkpoint, a picture, or a label image')).toHaveCount(0)
    await expect(model(studio)).toContainText('checkpoint.pth')
    await expect(pictures(studio)).toContainText('golden.png')
    await runUnscaled(studio)
    await settled(studio)
    await expectStoredScores(studio, 0, 3)

    // one step back: the sample, which was there before
    await studio.page.keyboard.press('ControlOrMeta+Z')
    await studio.page.keyboard.press('ControlOrMeta+Z')
    await studio.page.keyboard.press('ControlOrMeta+Z')
    await expect(model(studio)).toContainText('denseclip-mini-vit.pth')
    await expect(pictures(studio)).toContainText('day-0.png')
    await expect(title(studio)).toHaveText('car · score_map')
  })

  test('is found again among the recent ones', async ({ studio }) => {
    await studio.ready()
    await studio.openPaths([CHECKPOINT])
    await expect(model(studio)).toContainText('checkpoint.pth')
    const menu = studio.page.getByRole('menu')
    const openMenu = () => studio.page.getByTestId('models').getByRole('button', { name: 'Open checkpoint…' }).click()
    await openMenu()
    await menu.getByRole('menuitem', { name: 'denseclip-mini-rn.pth' }).click()
    await expect(model(studio)).toContainText('denseclip-mini-rn.pth')
    await settled(studio)
    await openMenu()
    await menu
      .getByRole('group')
      .filter({ hasText: 'Recent' })
      .getByRole('menuitem', { name: basename(CHECKPOINT) })
      .click()
    await expect(model(studio)).toContainText('checkpoint.pth')
    await settled(studio)
    await studio.page.keyboard.press('ControlOrMeta+K')
    await studio.page.keyboard.type('clear recent')
    await studio.page.keyboard.press('Enter')
    await openMenu()
    await expect(menu.getByText('Recent')).toHaveCount(0)
  })
})
