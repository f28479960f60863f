import type { Mode, Rect } from '#models/api'
import { StudioError } from '#models/errors'
import type { Size } from '#models/images/preprocess'

/** A smaller side leaves nothing of the coarsest features, at a stride of 32. */
const MIN_SIDE = 32
/** A sliding run of more windows is a slip of the hand: it would take hours. */
const MAX_WINDOWS = 2000

/**
 * Where windows begin along one side: 0, stride, 2·stride …, the last shifted back to end at the border (mmseg's
 * slide_inference).
 */
export function windowStarts(side: number, window: number, stride: number): number[] {
  const count = Math.ceil(Math.max(side - window, 0) / stride) + 1
  return Array.from({ length: count }, (_, i) => Math.max(Math.min(i * stride, side - window), 0))
}

/**
 * The rectangles of the input that go through the model one by one, row by row: one, or the sliding windows.
 * Throws a StudioError `invalid` for sizes that make no sense.
 */
export function windowsOf(mode: Mode, input: Size): Rect[] {
  if (Math.min(input.width, input.height) < MIN_SIDE) {
    throw new StudioError(
      'invalid',
      `The picture comes to ${input.width} × ${input.height} pixels, and the model needs at least ${MIN_SIDE} a side: open a larger picture, or have it scaled up.`
    )
  }
  if (mode.kind === 'whole') return [{ x: 0, y: 0, ...input }]
  const { window, stride } = mode
  if (!Number.isInteger(window) || !Number.isInteger(stride) || window < MIN_SIDE || stride < 1 || stride > window) {
    throw new StudioError(
      'invalid',
      `A window of ${window} pixels with a stride of ${stride} is not possible: the window has at least ${MIN_SIDE} pixels, and the stride 1 to as many as the window.`
    )
  }
  const columns = windowStarts(input.width, window, stride)
  const rows = windowStarts(input.height, window, stride)
  if (columns.length * rows.length > MAX_WINDOWS) {
    throw new StudioError(
      'invalid',
      `These are ${columns.length * rows.length} windows, more than ${MAX_WINDOWS}: choose a larger window or stride.`
    )
  }
  const width = Math.min(window, input.width)
  const height = Math.min(window, input.height)
  return rows.flatMap((y) => columns.map((x) => ({ x, y, width, height })))
}
