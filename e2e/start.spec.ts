import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { electronRuntime } from '../scripts/electron-runtime.mjs'
import { expect, Studio, test } from './studio'

/* What a start brings with it: files from the command line, and what was there when the studio was closed. */

const CHECKPOINT = 'resources/samples/checkpoints/clip-mini-vit.pt'
const PICTURE = 'resources/samples/images/fog/fog-3.png'
const pictures = (studio: Studio) => studio.page.getByTestId('pictures')

test.describe('with a file on the command line', () => {
  test.use({ files: [PICTURE] })

  test('the file is opened in place of the sample’s', async ({ studio }) => {
    await studio.ready()
    await expect(pictures(studio)).toContainText('fog-3.png')
  })
})

test.describe('with a checkpoint on the command line', () => {
  test.use({ files: [CHECKPOINT] })

  test('it is the model, on the sample’s picture', async ({ studio }) => {
    await studio.ready()
    await expect(studio.page.getByTestId('model-card')).toContainText('clip-mini-vit.pt')
    await expect(studio.page.getByTestId('model-card')).toHaveCount(1)
    await expect(pictures(studio)).toContainText('day-0.png')
  })
})

test('a second start hands its files to the studio that runs, and ends', async ({ studio, dataFolder }) => {
  await studio.ready()
  await expect(pictures(studio)).toContainText('day-0.png')
  await promisify(execFile)(electronRuntime().binary, ['--no-sandbox', resolve('.'), resolve(PICTURE)], {
    env: { ...process.env, DENSECLIP_STUDIO_DATA: dataFolder },
    timeout: 30_000
  })
  await expect(pictures(studio)).toContainText('fog-3.png')
})

test('the next start has the same document, theme and window', async ({ dataFolder }) => {
  const first = await Studio.launch({ dataFolder })
  await first.ready()
  await first.openPaths([PICTURE])
  await expect(pictures(first)).toContainText('fog-3.png')
  await first.chooseInMenu('toggle-theme')
  const theme = await first.page.locator('html').getAttribute('data-theme')
  await first.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.setBounds({ x: 40, y: 30, width: 1400, height: 900 })
  )
  // as long as the page takes to save its choices
  await expect.poll(() => readFile(join(dataFolder, 'workspace.json'), 'utf8').catch(() => '')).toContain('fog-3.png')
  await first.close()

  const second = await Studio.launch({ dataFolder })
  await second.ready()
  await expect(pictures(second)).toContainText('fog-3.png')
  await expect(second.page.locator('html')).toHaveAttribute('data-theme', String(theme))
  const bounds = await second.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds())
  expect(bounds).toEqual({ x: 40, y: 30, width: 1400, height: 900 })
  await second.close()
})

test('a workspace that cannot be read is put aside, and the sample opened', async ({ dataFolder }) => {
  await writeFile(join(dataFolder, 'workspace.json'), '{"choices": ')
  const studio = await Studio.launch({ dataFolder })
  await studio.ready()
  await expect(pictures(studio)).toContainText('day-0.png')
  expect(existsSync(join(dataFolder, 'workspace.json.broken'))).toBe(true)
  await studio.close()
})
