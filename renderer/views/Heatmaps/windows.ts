import type { Rect, RunInfo } from '#models/api'
import type { ShareRect } from '#models/figures/overlay'

/** Where one window of a run lies, and the part of it that is shown. */
export interface PlacedWindow {
  /** what its cells cover, which is more than the picture where it was filled up with zeros */
  readonly region: ShareRect
  readonly clip: ShareRect
}

/** Starts of what each interval shows, the end at the last: halfway between the middles of neighbours. */
function borders(centres: readonly number[], end: number): Map<number, readonly [number, number]> {
  const sorted = [...new Set(centres)].sort((a, b) => a - b)
  return new Map(
    sorted.map((centre, index) => {
      const before = sorted[index - 1]
      const after = sorted[index + 1]
      return [
        centre,
        [before === undefined ? 0 : (before + centre) / 2, after === undefined ? end : (centre + after) / 2]
      ]
    })
  )
}

const centreX = (rect: Rect): number => rect.x + rect.width / 2
const centreY = (rect: Rect): number => rect.y + rect.height / 2

/**
 * The windows of a run as shares of the picture. Where windows overlap, each place shows the one whose middle is
 * nearest, which is also the one that the probe asks.
 */
export function placeWindows({ windows, inputWidth, inputHeight, paddedWidth, paddedHeight }: RunInfo): PlacedWindow[] {
  const columns = borders(windows.map(centreX), inputWidth)
  const rows = borders(windows.map(centreY), inputHeight)
  return windows.map((rect) => {
    const [left, right] = columns.get(centreX(rect)) ?? [0, inputWidth]
    const [top, bottom] = rows.get(centreY(rect)) ?? [0, inputHeight]
    return {
      region: {
        left: rect.x / inputWidth,
        top: rect.y / inputHeight,
        right: (rect.x + paddedWidth) / inputWidth,
        bottom: (rect.y + paddedHeight) / inputHeight
      },
      clip: { left: left / inputWidth, top: top / inputHeight, right: right / inputWidth, bottom: bottom / inputHeight }
    }
  })
}
