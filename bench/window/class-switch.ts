import type { CDPSession, Page } from '@playwright/test'
import { median } from '../measure'
import { timeRow, type Row } from '../report'

const CPU_AIM_MS = 4

/** Switches the class of the score map `count` times and tells after how many frames it was drawn, and at what cost. */
export async function measureClassSwitch(page: Page, count: number): Promise<Row[]> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable')
  await switchClasses(page, 5, true)
  const idle = await threadTime(devtools, () => switchClasses(page, count, false))
  const busy = await threadTime(devtools, () => switchClasses(page, count, true))
  await devtools.detach()

  const frames = busy.result.map((each) => each.frames)
  return [
    {
      what: 'class switch at 2048×1024, frames until it is drawn',
      ours: String(median(frames)),
      against: `at most ${Math.max(...frames)}`,
      ratio: undefined,
      aim: 1,
      holds: Math.max(...frames) <= 1
    },
    timeRow('class switch, processor time of the main thread', [(busy.ms - idle.ms) / count], CPU_AIM_MS),
    timeRow(
      'of which drawing',
      busy.result.map((each) => each.drawMs)
    )
  ]
}

/** How long the page's main thread was on a processor meanwhile, in milliseconds. */
async function threadTime<T>(devtools: CDPSession, work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const seconds = async (): Promise<number> => {
    const { metrics } = await devtools.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'ThreadTime')?.value ?? NaN
  }
  const before = await seconds()
  const result = await work()
  return { ms: ((await seconds()) - before) * 1000, result }
}

/**
 * Clicks one class after the other, each when the one before is drawn and some frames have passed. With `isReal` false
 * only the frames pass: what the measuring itself costs.
 */
function switchClasses(page: Page, count: number, isReal: boolean): Promise<{ frames: number; drawMs: number }[]> {
  return page.evaluate(
    async ({ count, isReal }) => {
      const plot = document.querySelector<HTMLElement>('[data-testid=view-heatmaps] [role=application]')
      const choices = [...document.querySelectorAll<HTMLElement>('[data-testid=class-list] [role=option]')]
      if (!plot || choices.length === 0) throw new Error('there is no score map to switch')
      // as input comes: between frames, not in one
      const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))
      const nextFrame = (): Promise<void> => new Promise((resolve) => requestAnimationFrame(() => resolve()))
      const drawn = (): Promise<void> =>
        new Promise((resolve) => {
          const observer = new MutationObserver(() => {
            observer.disconnect()
            resolve()
          })
          observer.observe(plot, { attributes: true, attributeFilter: ['data-frames'] })
        })
      const results: { frames: number; drawMs: number }[] = []
      for (let i = 0; i < count; i++) {
        for (let pause = 0; pause < 3; pause++) await nextFrame()
        await nextTask()
        if (!isReal) continue
        let frames = 0
        let waiting = true
        const countFrame = (): void => {
          frames++
          if (waiting) requestAnimationFrame(countFrame)
        }
        requestAnimationFrame(countFrame)
        const done = drawn()
        // a step of 7 comes to every class and is never the one that is shown
        choices[(7 * (i + 1)) % choices.length]?.click()
        await done
        waiting = false
        results.push({ frames, drawMs: Number(plot.dataset.drawMs) })
      }
      return results
    },
    { count, isReal }
  )
}
