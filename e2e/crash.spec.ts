import type { Page } from '@playwright/test'
import { expect, test, type Studio } from './studio'

/* The engine dies: the window says so and goes on where it was. */

const state = (page: Page) => page.getByTestId('engine-state')

/** Numbers under the mouse come from the engine: it holds the tensors of the picture on screen. */
async function probeAnswers({ page }: Studio): Promise<void> {
  const canvas = page.getByTestId('view-heatmaps').locator('canvas').first()
  await canvas.hover({ position: { x: 40, y: 60 } })
  await canvas.hover({ position: { x: 200, y: 160 } })
  await expect(page.getByTestId('probe')).toContainText(/[+−]0\.\d{3}/)
}

async function kill(studio: Studio): Promise<number> {
  const pid = await studio.engineProcessId()
  process.kill(pid, 'SIGKILL')
  return pid
}

test('an engine that is killed comes back with everything that was open', async ({ studio }) => {
  await studio.ready()
  await probeAnswers(studio)
  const killed = await kill(studio)

  await expect(studio.page.getByTestId('toast')).toContainText('killed')
  await expect(state(studio.page)).toHaveAttribute('data-state', 'ready')
  expect(await studio.engineProcessId()).not.toBe(killed)
  await expect(studio.page.getByTestId('last-run')).toBeVisible()
  await studio.page.mouse.move(0, 0)
  await probeAnswers(studio)
  // and the rest of the studio goes on: another class, drawn from the new engine's tensors
  await studio.page.getByTestId('class-list').getByText('sky', { exact: true }).click()
  await expect(studio.page.getByTestId('view-heatmaps')).toContainText('sky · score_map')
})

test('an engine that dies in the middle of the first run runs it again', async ({ studio }) => {
  await expect(state(studio.page)).toHaveAttribute('data-state', 'ready')
  await kill(studio)
  await studio.ready()
  await probeAnswers(studio)
})

test('an engine that dies again and again is given up, and started when asked', async ({ studio }) => {
  await studio.ready()
  const { page } = studio
  for (let death = 1; death <= 3; death++) {
    const killed = await kill(studio)
    if (death === 3) break
    await expect.poll(() => studio.engineProcessId().catch(() => killed)).not.toBe(killed)
    await expect(state(page)).toHaveAttribute('data-state', 'ready')
  }
  await expect(state(page)).toHaveAttribute('data-state', 'failed')
  await expect(state(page)).toContainText('3 times within a minute')

  await page.getByTestId('status').getByRole('button', { name: 'Restart' }).click()
  await expect(state(page)).toHaveAttribute('data-state', 'ready')
  await probeAnswers(studio)
})

test('a run that is ended by hand leaves an engine that answers', async ({ studio }) => {
  await studio.ready()
  const before = await studio.engineProcessId()
  await studio.chooseInMenu('restart-engine')
  await expect.poll(() => studio.engineProcessId().catch(() => before)).not.toBe(before)
  await expect(state(studio.page)).toHaveAttribute('data-state', 'ready')
  await probeAnswers(studio)
})

test('pictures are decoded without a clash of system libraries', async ({ studio }) => {
  let said = ''
  studio.app.process().stderr?.on('data', (bytes: Buffer) => (said += bytes.toString()))
  await studio.ready()
  await studio.openPaths(['resources/samples/images/night/night-2.png'])
  await expect(studio.page.getByTestId('pictures')).toContainText('night-2.png')
  await probeAnswers(studio)
  expect(said).not.toMatch(/GLib|CRITICAL|assertion/)
})
