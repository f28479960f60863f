import type { CDPSession, Page } from '@playwright/test'
import { median } from '../measure'
import { timeRow, type Row } from '../report'

const CPU_AIM_MS = 4

/** Switches the class of the score map `count` times and tells after how many frames it was drawn, and at what cost. */
export async function measureClassSwitch(page: Page, count: number): Promise<Row[]> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable')
  await switchClasses(page, 5, true)
  const idle = await costOf(devtools, () => switchClasses(page, count, false))
  const busy = await costOf(devtools, () => switchClasses(page, count, true))
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
    timeRow('class switch, script, style and layout', [(busy.ownMs - idle.ownMs) / count], CPU_AIM_MS),
    timeRow(
      'of which drawing',
      busy.result.map((each) => each.drawMs)
    ),
    timeRow('class switch, all that the main thread does, painting too', [(busy.threadMs - idle.threadMs) / count])
  ]
}

interface Cost<T> {
  /** the page's script, style and layout */
  readonly ownMs: number
  /** how long the page's main thread was on a processor; without a GPU it paints, composites and reads canvases back */
  readonly threadMs: number
  readonly result: T
}

/** What `work` cost the page, in milliseconds. */
async function costOf<T>(devtools: CDPSession, work: () => Promise<T>): Promise<Cost<T>> {
  const total = async (...wanted: readonly string[]): Promise<number> => {
    const { metrics } = await devtools.send('Performance.getMetrics')
    return 1000 * metrics.reduce((sum, { name, value }) => sum + (wanted.includes(name) ? value : 0), 0)
  }
  const own = ['ScriptDuration', 'RecalcStyleDuration', 'LayoutDuration']
  const [ownBefore, threadBefore] = [await total(...own), await total('ThreadTime')]
  const result = await work()
  return { ownMs: (await total(...own)) - ownBefore, threadMs: (await total('ThreadTime')) - threadBefore, result }
}

/**
 * Clicks one class after the other, each when the one before is drawn and some frames have passed. With `isReal` false
 * only the frames pass: what the measuring itself costs.
 */
function switchClasses(page: Page, count: number, isReal: boolean): Promise<{ frames: number; drawMs: number }[]> {
  return page.evaluate(
    async ({ count, isReal }) => {
      const plot = document.querySelector<HTMLElement>('[data-testid=view-heatmaps] [role=application]')
      const list = document.querySelector<HTMLElement>('[data-testid=class-list]')
      // those in sight, as a person clicks them
      const choices = [...(list?.querySelectorAll<HTMLElement>('[role=option]') ?? [])].filter((choice) => {
        const { top, bottom } = choice.getBoundingClientRect()
        const box = list?.getBoundingClientRect()
        return box !== undefined && top >= box.top && bottom <= box.bottom
      })
      if (!plot || choices.length < 2) throw new Error('there are no classes to switch between')
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
        const unshown = choices.filter((choice) => choice.ariaSelected !== 'true')
        unshown[i % unshown.length]?.click()
        await done
        waiting = false
        results.push({ frames, drawMs: Number(plot.dataset.drawMs) })
      }
      return results
    },
    { count, isReal }
  )
}
