import { AxeBuilder } from '@axe-core/playwright'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { settled } from './golden'
import { expect, test, type Studio } from './studio'

/* axe-core finds nothing to say about any state of the window, light and dark. */

const SYSTEMS = resolve('../shared/golden-systems')

async function check({ page }: Studio, state: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    // what moves in or out is not measured half way
    await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)))
    // in one page, since an Electron app opens no others
    const { violations, passes } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
    const found = violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ html }) => html).join('\n')}`)
    expect.soft(found, `${state}, ${colorScheme}`).toEqual([])
    expect(passes.length, state).toBeGreaterThan(10)
  }
}

test('no violation in any state, light or dark', async ({ studio, dataFolder }) => {
  test.slow()
  await studio.ready()
  const { page } = studio
  await settled(studio)
  const close = async (): Promise<void> => {
    await page.keyboard.press('Escape')
    await expect(page.locator('[role=dialog], [role=menu]')).toHaveCount(0)
  }
  await expect(page.getByTestId('probe').getByRole('row')).toHaveCount(0)
  await check(studio, 'first start')

  await test.step('numbers, pins, every section', async () => {
    const picture = page.getByTestId('view-heatmaps').getByRole('application')
    await picture.click({ position: { x: 200, y: 200 } })
    await picture.hover({ position: { x: 260, y: 320 } })
    await expect(page.getByTestId('probe').getByRole('row')).not.toHaveCount(0)
    await page.getByTestId('checkpoint').getByRole('button', { name: 'Checkpoint' }).click()
    await page.getByTestId('run-options').getByRole('radio', { name: 'Sliding' }).check({ force: true })
    await settled(studio)
    await check(studio, 'probe and pins')
  })

  await test.step('two panes', async () => {
    await page.getByRole('combobox', { name: 'Overlay' }).selectOption('decoder-argmax')
    await page.getByRole('radio', { name: 'Swipe' }).check({ force: true })
    await expect(page.getByRole('slider', { name: 'Swipe line' })).toBeVisible()
    await settled(studio)
    await page.getByRole('radio', { name: 'Side by side' }).check({ force: true })
    await page.getByRole('combobox', { name: 'Overlay' }).selectOption('feature')
    await settled(studio)
    await check(studio, 'features side by side')
    await page.getByRole('radio', { name: 'Single' }).check({ force: true })
    await page.getByRole('combobox', { name: 'Overlay' }).selectOption('score_map')
  })

  for (const dialog of ['command-palette', 'keyboard-sheet', 'export-tensor', 'class-names']) {
    await test.step(dialog, async () => {
      await studio.chooseInMenu(dialog)
      await expect(page.getByRole('dialog')).toBeVisible()
      await check(studio, dialog)
      await close()
    })
  }
  await test.step('menus', async () => {
    await page.getByTestId('provider').click()
    await expect(page.getByRole('menu')).toBeVisible()
    await check(studio, 'provider')
    await close()
    await page.getByTestId('pictures').getByRole('button', { name: 'Open picture…' }).click()
    await expect(page.getByRole('menu')).toBeVisible()
    await check(studio, 'pictures')
    await close()
  })

  await test.step('one file opened as two systems', async () => {
    await studio.drop(['resources/samples/checkpoints/clip-mini-rn.pt'], { shift: true })
    await page.getByRole('button', { name: 'Compare with MaskCLIP' }).click()
    await expect(page.getByTestId('model-card')).toHaveCount(3)
    await settled(studio)
    await check(studio, 'CLIP and MaskCLIP')
  })

  if (existsSync(SYSTEMS))
    await test.step('a model that needs another file (needs ../shared)', async () => {
      await studio.drop([join(SYSTEMS, 'coop-real', 'model.pth.tar-50')], { shift: true })
      await page.getByTestId('model-needs').first().getByRole('button', { name: 'Use clip-mini-rn.pt' }).click()
      await expect(page.getByTestId('change-error')).toBeVisible()
      await check(studio, 'CoOp without its CLIP')
      await page.getByRole('button', { name: 'Close model D' }).click()
    })

  await test.step('back to one model', async () => {
    await page.getByRole('button', { name: 'Close model C' }).click()
    await page.getByRole('button', { name: 'Close model B' }).click()
    await expect(page.getByTestId('model-card')).toHaveCount(1)
  })

  await test.step('text at 200 %, a side panel over the picture', async () => {
    const zoom = (factor: number) =>
      studio.app.evaluate(
        ({ BrowserWindow }, to) => BrowserWindow.getAllWindows()[0]?.webContents.setZoomFactor(to),
        factor
      )
    await zoom(2)
    await expect(page.getByTestId('library')).toHaveCount(0)
    await studio.chooseInMenu('toggle-library')
    await expect(page.getByTestId('library')).toBeVisible()
    await check(studio, '200 %')
    await zoom(1)
    await expect(page.getByTestId('inspector')).toBeVisible()
  })

  await test.step('a class that is written, whose name does not fit', async () => {
    await page.getByRole('button', { name: 'Add a class' }).click()
    await page.getByTestId('class-name').fill('a name that is much longer than what fits')
    await expect(page.getByTestId('class-list').getByRole('alert')).toContainText('Too long')
    await check(studio, 'class name')
    await page.keyboard.press('Escape')
  })

  await test.step('errors', async () => {
    const broken = ['broken.pth', 'broken.png', 'broken.txt'].map((name) => join(dataFolder, name))
    for (const path of broken) await writeFile(path, 'nothing that could be opened')
    await studio.openPaths(broken)
    for (const id of ['model-error', 'picture-error', 'toast']) await expect(page.getByTestId(id)).toBeVisible()
    await check(studio, 'errors')
  })

  await test.step('nothing open', async () => {
    await page.getByRole('button', { name: 'Close model A' }).click()
    await expect(page.getByRole('heading', { name: 'Open a DenseCLIP checkpoint to see what it sees.' })).toBeVisible()
    await check(studio, 'no model')
  })
})
