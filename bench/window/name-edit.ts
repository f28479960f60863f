import type { Page } from '@playwright/test'

/** Names of at most three tokens that ADE20K does not have. */
const NAMES = [
  'lighthouse',
  'umbrella',
  'guitar',
  'helicopter',
  'tractor',
  'windmill',
  'camel',
  'violin',
  'parrot',
  'igloo'
]

/**
 * Milliseconds from the Enter that ends the editing of a class name until its score map is drawn. Each edit waits until
 * the window has `settled` after the one before: what follows the score map is not counted.
 */
export async function measureNameEdit(page: Page, rounds: number, settled: () => Promise<void>): Promise<number[]> {
  await page.evaluate(() => {
    const noted = window as unknown as { enteredAt: number }
    const note = ({ key }: KeyboardEvent): void => {
      if (key === 'Enter') noted.enteredAt = performance.now()
    }
    window.addEventListener('keydown', note, { capture: true })
  })
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const name = NAMES[round % NAMES.length] ?? ''
    await page.getByTestId('class-list').getByRole('option').first().dblclick()
    await page.getByTestId('class-name').fill(name)
    await page.keyboard.press('Enter')
    const shown = await page.waitForFunction(
      (name) => {
        const view = document.querySelector<HTMLElement>('[data-testid=view-heatmaps]')
        const title = view?.querySelector('h2')?.textContent ?? ''
        const isShown = title.startsWith(name) && !view?.textContent?.includes('before the last change')
        return isShown && performance.now() - (window as unknown as { enteredAt: number }).enteredAt
      },
      name,
      { polling: 'raf' }
    )
    times.push(Number(await shown.jsonValue()))
    await settled()
  }
  return times
}
