import { scaleLinear } from 'd3-scale'
import { hexFromRgb, type Rgb } from '../palettes'
import { formatValue, type Unit } from './numbers'
import { element, fitText, HAIRLINE, textAt } from './svg'

/** A value per class as horizontal bars that start at zero. */
export interface Bars {
  readonly rows: readonly { readonly name: string; readonly value: number; readonly color: Rgb }[]
  readonly unit: Unit
  /** range that the bars' room stands for; widened to hold 0 and the values */
  readonly domain: readonly [low: number, high: number]
  readonly width: number
}

export interface BarRow {
  readonly y: number
  readonly name: string
  readonly text: string
  readonly bar: { readonly x: number; readonly width: number }
  readonly fill: string
}

export interface BarsLayout {
  readonly width: number
  readonly height: number
  /** where zero is */
  readonly zeroX: number
  readonly rows: readonly BarRow[]
}

const BAR_ROW_HEIGHT = 20
const BAR_THICKNESS = 10
const FONT_SIZE = 11
const NAME_SHARE = 0.36
const VALUE_WIDTH = 46
const GAP = 6

export function layoutBars({ rows, unit, domain, width }: Bars): BarsLayout {
  const nameWidth = width * NAME_SHARE
  const values = rows.map((row) => row.value)
  const scale = scaleLinear()
    .domain([Math.min(0, domain[0], ...values), Math.max(0, domain[1], ...values)])
    .range([nameWidth + GAP, width - VALUE_WIDTH])
  const zeroX = scale(0)
  return {
    width,
    height: rows.length * BAR_ROW_HEIGHT,
    zeroX,
    rows: rows.map((row, index) => {
      const end = scale(row.value)
      return {
        y: index * BAR_ROW_HEIGHT,
        name: fitText(row.name, FONT_SIZE, nameWidth),
        text: formatValue(row.value, unit),
        bar: { x: Math.min(zeroX, end), width: Math.abs(end - zeroX) },
        fill: hexFromRgb(row.color)
      }
    })
  }
}

/** The bars as a group at the origin. */
export function drawBars(bars: Bars): string {
  const layout = layoutBars(bars)
  const middle = BAR_ROW_HEIGHT / 2
  return (
    layout.rows
      .map(
        (row) =>
          textAt(0, row.y + middle, row.name) +
          element('rect', {
            x: row.bar.x,
            y: row.y + (BAR_ROW_HEIGHT - BAR_THICKNESS) / 2,
            width: row.bar.width,
            height: BAR_THICKNESS,
            fill: row.fill,
            stroke: HAIRLINE
          }) +
          textAt(layout.width, row.y + middle, row.text, { anchor: 'end' })
      )
      .join('') + element('line', { x1: layout.zeroX, y1: 0, x2: layout.zeroX, y2: layout.height, stroke: HAIRLINE })
  )
}
