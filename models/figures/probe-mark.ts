import type { ShareRect } from './overlay'
import { element, textAt } from './svg'

/** A place of the picture that is looked at: a pixel, and the cell of a map that it lies in. */
export interface ProbeMark {
  /** pixels of the picture, 0 at the outer edge of the first pixel */
  readonly x: number
  readonly y: number
  /** '1' for a pin, 'hover' is drawn without a number */
  readonly label: string
  /** the cell as shares of the picture; undefined where there is none */
  readonly cell: ShareRect | undefined
}

/** The cell (row, column) of a grid of rows × columns laid over `region` of the picture. */
export function cellRect(
  { row, column, rows, columns }: { row: number; column: number; rows: number; columns: number },
  region: ShareRect
): ShareRect {
  const width = region.right - region.left
  const height = region.bottom - region.top
  return {
    left: region.left + (width * column) / columns,
    top: region.top + (height * row) / rows,
    right: region.left + (width * (column + 1)) / columns,
    bottom: region.top + (height * (row + 1)) / rows
  }
}

const CROSS_GAP = 3
export const CROSS_REACH = 8
const LIGHT = '#ffffff'
const DARK = '#000000'
const LABEL_SIZE = 11

/** A cross with an open middle, so that the pixel itself stays visible. */
export function crossPath(x: number, y: number): string {
  const arm = (dx: number, dy: number): string =>
    `M${x + dx * CROSS_GAP} ${y + dy * CROSS_GAP}L${x + dx * CROSS_REACH} ${y + dy * CROSS_REACH}`
  return arm(-1, 0) + arm(1, 0) + arm(0, -1) + arm(0, 1)
}

/** The mark in a box that shows the whole picture at (0, 0) with this size; white on black, seen on any colour. */
export function drawProbeMark(
  mark: ProbeMark,
  picture: { width: number; height: number },
  box: { width: number; height: number }
): string {
  const x = Math.round((100 * mark.x * box.width) / picture.width) / 100
  const y = Math.round((100 * mark.y * box.height) / picture.height) / 100
  const cell = mark.cell && {
    x: mark.cell.left * box.width,
    y: mark.cell.top * box.height,
    width: (mark.cell.right - mark.cell.left) * box.width,
    height: (mark.cell.bottom - mark.cell.top) * box.height,
    fill: 'none'
  }
  const twice = (draw: (stroke: string, width: number) => string): string => draw(DARK, 3) + draw(LIGHT, 1)
  const d = crossPath(x, y)
  const label =
    mark.label === ''
      ? ''
      : element(
          'g',
          { 'paint-order': 'stroke', stroke: DARK, 'stroke-width': 3, 'stroke-linejoin': 'round' },
          textAt(x + CROSS_REACH + 1, y - CROSS_REACH, mark.label, { size: LABEL_SIZE, weight: 600, fill: LIGHT })
        )
  return (
    (cell ? twice((stroke, width) => element('rect', { ...cell, stroke, 'stroke-width': width })) : '') +
    twice((stroke, width) => element('path', { d, fill: 'none', stroke, 'stroke-width': width })) +
    label
  )
}
