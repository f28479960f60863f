import { hexFromRgb, type Rgb } from '../palettes'
import { formatCount, formatShare } from './numbers'
import { element, fitText, HAIRLINE, QUIET, textAt } from './svg'

export interface LegendEntry {
  readonly name: string
  readonly color: Rgb
  /** share of the picture, 0..1; undefined where it is not known */
  readonly share: number | undefined
}

/** The classes of a label map with their colours, in the given order. */
export interface ClassLegend {
  readonly entries: readonly LegendEntry[]
  readonly width: number
  /** entries beyond this many are counted in a last line */
  readonly maxEntries: number
}

export interface LegendRow {
  readonly y: number
  readonly swatch: string
  readonly name: string
  readonly share: string
}

export interface ClassLegendLayout {
  readonly width: number
  readonly height: number
  readonly rows: readonly LegendRow[]
  /** '12 more', or '' */
  readonly more: string
}

export const LEGEND_ROW_HEIGHT = 16
export const LEGEND_SWATCH = 10
const FONT_SIZE = 11
const GAP = 6
const SHARE_WIDTH = 44

/** Entries of the classes that occur, most of the picture first: what a legend beside a label map shows. */
export function presentEntries(
  classes: readonly string[],
  palette: readonly Rgb[],
  counts: readonly number[]
): LegendEntry[] {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return classes
    .map((name, index) => ({
      name,
      color: palette[index] ?? ([0, 0, 0] as const),
      share: (counts[index] ?? 0) / total
    }))
    .filter((entry) => entry.share > 0)
    .sort((a, b) => b.share - a.share)
}

export function layoutClassLegend({ entries, width, maxEntries }: ClassLegend): ClassLegendLayout {
  // the line that would say '1 more' has room for that one
  const shown = entries.length === maxEntries + 1 ? entries : entries.slice(0, maxEntries)
  const hasShares = shown.some((entry) => entry.share !== undefined)
  const nameWidth = width - LEGEND_SWATCH - GAP - (hasShares ? SHARE_WIDTH : 0)
  const rows = shown.map((entry, index) => ({
    y: index * LEGEND_ROW_HEIGHT,
    swatch: hexFromRgb(entry.color),
    name: fitText(entry.name, FONT_SIZE, nameWidth),
    share: entry.share === undefined ? '' : formatShare(entry.share)
  }))
  const left = entries.length - shown.length
  const more = left > 0 ? `${formatCount(left)} more` : ''
  return { width, height: (rows.length + (more === '' ? 0 : 1)) * LEGEND_ROW_HEIGHT, rows, more }
}

/** The legend as a group at the origin. */
export function drawClassLegend(legend: ClassLegend): string {
  const layout = layoutClassLegend(legend)
  const middle = LEGEND_ROW_HEIGHT / 2
  const rows = layout.rows.map(
    (row) =>
      // a hairline, so that a swatch as pale as the paper is still seen
      element('rect', {
        x: 0.5,
        y: row.y + (LEGEND_ROW_HEIGHT - LEGEND_SWATCH) / 2,
        width: LEGEND_SWATCH,
        height: LEGEND_SWATCH,
        rx: 2,
        fill: row.swatch,
        stroke: HAIRLINE
      }) +
      textAt(LEGEND_SWATCH + GAP, row.y + middle, row.name) +
      (row.share === '' ? '' : textAt(layout.width, row.y + middle, row.share, { anchor: 'end', fill: QUIET }))
  )
  const more =
    layout.more === ''
      ? ''
      : textAt(LEGEND_SWATCH + GAP, layout.rows.length * LEGEND_ROW_HEIGHT + middle, layout.more, { fill: QUIET })
  return rows.join('') + more
}
