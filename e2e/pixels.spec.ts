import { settled, title } from './golden'
import { expect, test, type Studio } from './studio'

/*
 * The whole window as it was when it was last looked at; what differs from run to run is covered. After a change that is
 * meant: `npm run e2e -- pixels --update-snapshots`, and look at the pictures.
 */

async function expectLook(studio: Studio, name: string): Promise<void> {
  const { page } = studio
  await page.mouse.move(2, 2)
  await expect(page).toHaveScreenshot(name, {
    mask: [page.getByTestId('last-run'), page.getByTestId('provider'), page.getByTestId('memory')],
    maskColor: '#808080'
  })
}

test('looks as it did', async ({ studio }) => {
  await studio.ready()
  const { app, page } = studio
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setContentSize(1280, 800))
  await expect.poll(() => page.evaluate(() => innerWidth)).toBe(1280)
  await settled(studio)
  await expect(page.getByTestId('quality')).toContainText(/\d\d\.\d/)
  await expectLook(studio, 'first-start.png')

  await page.emulateMedia({ colorScheme: 'dark' })
  await page.getByRole('combobox', { name: 'Overlay' }).selectOption('decoder-argmax')
  await page.getByRole('radio', { name: 'Side by side' }).check({ force: true })
  await expect(title(studio)).toHaveText('argmax of seg_logits')
  await settled(studio)
  await expectLook(studio, 'side-by-side-dark.png')
})
