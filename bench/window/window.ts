import { join } from 'node:path'
import { expect } from '@playwright/test'
import { electronRuntime } from '../../scripts/electron-runtime.mjs'
import { Studio } from '../../e2e/studio'
import { ensureDenseClip } from '../checkpoints'
import { freshFolder, writePicture } from '../files'
import { machineLines } from '../machine'
import { publishedResNet50 } from '../published'
import { table, timeRow } from '../report'
import { measureClassSwitch } from './class-switch'
import { measureNameEdit } from './name-edit'

const START_AIM_MS = 3000
/** The run of the first start reads and compiles; it has to end some time. */
const RUN_TIMEOUT_MS = 300_000

/** Measures the real window, with the engine behind it, and prints the table. Needs a built app and a display. */
export async function measureWindow(rounds: number): Promise<void> {
  const starts = await measureStart(rounds)

  const model = publishedResNet50()
  const folder = await freshFolder('window')
  const { path: picture } = await writePicture(folder, 2048, 1024, 0)
  const files = [await ensureDenseClip(model), picture]
  const studio = await Studio.launch({ dataFolder: join(folder, 'data'), files })
  try {
    const { page } = studio
    const classes = page.getByTestId('class-list').getByRole('option')
    await expect(classes).toHaveCount(model.classes.length, { timeout: RUN_TIMEOUT_MS })
    const title = page.getByTestId('view-heatmaps').getByRole('heading').first()
    await expect(title).toContainText('· score_map', { timeout: RUN_TIMEOUT_MS })
    await settled(studio)
    const switches = await measureClassSwitch(page, 60)
    const edits = await measureNameEdit(page, rounds, () => settled(studio))

    const { version } = electronRuntime()
    const graphics = await page.evaluate(() => {
      const gl = document.createElement('canvas').getContext('webgl2')
      const unmasked = gl?.getExtension('WEBGL_debug_renderer_info')
      return String((unmasked && gl?.getParameter(unmasked.UNMASKED_RENDERER_WEBGL)) ?? 'nothing')
    })
    const rows = [
      timeRow('start to the first picture of the sample, warm', starts, START_AIM_MS),
      ...switches,
      timeRow('one class name edited → its score map on screen, K = 150', edits)
    ]
    console.log(table('The window', rows, machineLines(`Electron ${version}, WebGL2 by ${graphics}`)))
  } finally {
    await studio.close()
  }
}

/** The decoder has answered, too, and nothing is on its way any more. */
async function settled({ page }: Studio): Promise<void> {
  const timeout = RUN_TIMEOUT_MS
  await expect(page.getByTestId('view-heatmaps')).not.toContainText('before the last change', { timeout })
  await page.locator('[data-testid=last-run] [title^=decode_head]').waitFor({ timeout })
  // then its label map is made, of which nothing tells the end
  await page.waitForTimeout(1000)
}

/** Milliseconds from launching the program until the sample's score map is on screen, each time in a new process. */
async function measureStart(rounds: number): Promise<number[]> {
  const dataFolder = await freshFolder('start')
  const times: number[] = []
  // the first start compiles the sample and is not counted
  for (let round = 0; round <= rounds; round++) {
    const launched = Date.now()
    const studio = await Studio.launch({ dataFolder })
    const ready = await studio.page.waitForFunction(() => document.body.dataset.ready && Date.now(), undefined, {
      polling: 'raf',
      timeout: RUN_TIMEOUT_MS
    })
    if (round > 0) times.push(Number(await ready.jsonValue()) - launched)
    await studio.close()
  }
  return times
}
