import { scaleLinear } from 'd3-scale'
import type { Histogram } from '../analysis/weight-statistics'
import { formatCount, formatWeight } from './numbers'
import { element, fitText, HAIRLINE, QUIET, textAt, textWidth } from './svg'

/** How often values occur, in equal bins from the smallest to the largest. */
export interface HistogramFigure {
  readonly histogram: Histogram
  /** bars as high as the logarithm of 1 + count, so that rare values are seen beside frequent ones */
  readonly logarithmic: boolean
  /** what the values are of */
  readonly title: string
  readonly width: number
  readonly height: number
}

export interface HistogramTick {
  readonly text: string
  /** pixels from the left for values, from the top for counts */
  readonly at: number
}

export interface HistogramLayout {
  readonly width: number
  readonly height: number
  readonly title: string
  /** room of the bars */
  readonly plot: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
  readonly bars: readonly {
    readonly x: number
    readonly y: number
    readonly width: number
    readonly height: number
    readonly low: number
    readonly high: number
    readonly count: number
  }[]
  readonly valueTicks: readonly HistogramTick[]
  readonly countTicks: readonly HistogramTick[]
  /** where the value 0 is, if it is among the values */
  readonly zeroX: number | undefined
}

const FONT_SIZE = 11
const TITLE_HEIGHT = 20
const AXIS_HEIGHT = 20
const GAP = 6
/** A count on the left for about so many pixels. */
const COUNT_ROOM = 32
const HISTOGRAM_FILL = '#4c7fb8'

export function layoutHistogram(figure: HistogramFigure): HistogramLayout {
  const { histogram, logarithmic, width, height } = figure
  const { low, high, counts } = histogram
  const highest = Math.max(1, ...counts)
  const size = (count: number): number => (logarithmic ? Math.log1p(count) : count)
  const shown = countValues(highest, logarithmic, Math.max(2, Math.floor((height - 40) / COUNT_ROOM)))
  const left = Math.max(...shown.map((count) => textWidth(formatCount(count), FONT_SIZE))) + GAP
  const plot = { x: left, y: TITLE_HEIGHT, width: width - left, height: height - TITLE_HEIGHT - AXIS_HEIGHT }
  const yOf = scaleLinear()
    .domain([0, size(highest)])
    .range([plot.y + plot.height, plot.y])
  const binWidth = plot.width / Math.max(1, counts.length)
  const valueAt = (bin: number): number => low + (high - low) * (bin / Math.max(1, counts.length))
  return {
    width,
    height,
    title: fitText(figure.title, FONT_SIZE, width),
    plot,
    bars: counts.map((count, bin) => ({
      x: plot.x + bin * binWidth,
      y: yOf(size(count)),
      width: binWidth,
      height: plot.y + plot.height - yOf(size(count)),
      low: valueAt(bin),
      high: valueAt(bin + 1),
      count
    })),
    valueTicks: counts.length === 0 ? [] : valueTicks(low, high, plot),
    countTicks: shown.map((count) => ({ text: formatCount(count), at: yOf(size(count)) })),
    zeroX: low < 0 && high > 0 ? plot.x + (plot.width * -low) / (high - low) : undefined
  }
}

/** 0, the highest, and round numbers between them. */
function countValues(highest: number, logarithmic: boolean, most: number): number[] {
  const inner = logarithmic
    ? Array.from({ length: 15 }, (_, power) => 10 ** power)
    : scaleLinear().domain([0, highest]).ticks(most).filter(Number.isInteger)
  const step = logarithmic ? Math.ceil(Math.log10(highest + 1) / most) || 1 : 1
  const kept = inner.filter((count, index) => count > 0 && count < highest * 0.85 && index % step === 0)
  return [0, ...kept, highest]
}

function valueTicks(low: number, high: number, plot: HistogramLayout['plot']): HistogramTick[] {
  if (low === high) return [{ text: formatWeight(low), at: plot.x + plot.width / 2 }]
  const scale = scaleLinear()
    .domain([low, high])
    .range([plot.x, plot.x + plot.width])
  const ticks = scale.ticks(Math.max(2, Math.floor(plot.width / 72))).map((value) => ({
    text: formatWeight(value),
    at: scale(value)
  }))
  return ticks.filter(({ text, at }) => {
    const half = textWidth(text, FONT_SIZE) / 2
    return at + half <= plot.x + plot.width + 2 && at - half >= 0
  })
}

/** The histogram as a group at the origin. */
export function drawHistogram(figure: HistogramFigure): string {
  const { plot, bars, title, ...layout } = layoutHistogram(figure)
  const bottom = plot.y + plot.height
  const line = (x1: number, y1: number, x2: number, y2: number) => element('line', { x1, y1, x2, y2, stroke: HAIRLINE })
  return [
    textAt(0, FONT_SIZE / 2 + 1, title),
    ...layout.countTicks.map(
      ({ text, at }) =>
        line(plot.x, at, plot.x + plot.width, at) + textAt(plot.x - GAP, at, text, { anchor: 'end', fill: QUIET })
    ),
    ...(layout.zeroX === undefined ? [] : [line(layout.zeroX, plot.y, layout.zeroX, bottom)]),
    ...bars
      .filter(({ count }) => count > 0)
      .map(({ x, y, width, height }) => element('rect', { x, y, width, height, fill: HISTOGRAM_FILL })),
    ...layout.valueTicks.map(
      ({ text, at }) =>
        line(at, bottom, at, bottom + 3) +
        textAt(at, bottom + GAP + FONT_SIZE / 2, text, { anchor: 'middle', fill: QUIET })
    )
  ].join('')
}
