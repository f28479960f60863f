import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Locator } from '@playwright/test'
import { expect, test, type Studio } from './studio'

/* The words of the vocabulary that learned contexts are near, in the inspector. */

const SYSTEMS = resolve('../shared/golden-systems')

const section = ({ page }: Studio): Locator => page.getByTestId('contexts')
const rows = (studio: Studio): Locator => section(studio).locator('tbody tr')

test('DenseCLIP’s contexts stand by their nearest words, more of them on demand', async ({ studio }) => {
  await studio.ready()
  await studio.page.getByRole('button', { name: 'Learned contexts' }).click()
  await expect(rows(studio)).toHaveCount(8)
  await expect(rows(studio).first()).toHaveText(/^\s*v1\S+0\.\d{3}\d+\.\d\s%\s*$/)
  const distances = await rows(studio).first().getByRole('cell').nth(1).innerText()
  await studio.page.getByRole('button', { name: 'More words near v1' }).click()
  await expect(rows(studio)).toHaveCount(15)
  const further = await rows(studio).nth(7).getByRole('cell').nth(1).innerText()
  expect(Number(further)).toBeGreaterThan(Number(distances))
  await section(studio).getByText('Cosine', { exact: true }).first().click()
  await expect(rows(studio).first()).toHaveText(/\+0\.\d{3}/)
})

test.describe('contexts of each class', () => {
  test.skip(!existsSync(SYSTEMS), 'needs ../shared')

  test('follow the chosen class', async ({ studio }) => {
    await studio.ready()
    const { page } = studio
    await studio.drop([join(SYSTEMS, 'clip-rn-coop-specific-middle', 'model.pth.tar-50')])
    await expect(page.getByTestId('model-system').first()).toHaveText('CoOp')
    await studio.openPaths([join(SYSTEMS, 'clip-rn', 'checkpoint.pt')])
    await page.getByRole('button', { name: 'Learned contexts' }).click()
    await expect(rows(studio)).toHaveCount(4)
    await expect(section(studio)).toContainText('1 of 5')
    await expect(rows(studio).nth(2)).toContainText('hidden')
  })
})
