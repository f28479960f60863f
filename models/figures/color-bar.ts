import { scaleLinear } from 'd3-scale'
import { colorTable, hexFromRgb, TABLE_SIZE, type ColorMap } from '../palettes'
import { formatValue, type Unit } from './numbers'
import { element, HAIRLINE, INK, QUIET, textAt, textWidth } from './svg'

/** A colour map with its scale: which tensor, in which unit, from where to where. */
export interface ColorBar {
  readonly map: ColorMap
  readonly domain: readonly [low: number, high: number]
  readonly unit: Unit
  /** the authors' name of the tensor: 'score_map' */
  readonly tensor: string
  /** length of the colours in pixels */
  readonly length: number
  readonly orientation: 'vertical' | 'horizontal'
}

export interface ColorBarTick {
  readonly value: number
  readonly text: string
  /** pixels along the bar from its start: the bottom or the left */
  readonly position: number
}

export interface ColorBarLayout {
  readonly width: number
  readonly height: number
  readonly bar: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
  /** colours from low to high with their share of the length */
  readonly stops: readonly { readonly offset: number; readonly color: string }[]
  readonly ticks: readonly ColorBarTick[]
  /** 'score_map (cosine)' */
  readonly label: string
}

const THICKNESS = 12
const TICK = 4
const GAP = 3
const FONT_SIZE = 11
const LABEL_HEIGHT = 20
/** Every fourth colour of 256: what is interpolated between them differs by one level at most. */
const STOP_STEP = 4
/** Room that a tick's text needs along the bar before the next one. */
const VERTICAL_ROOM = 14
const HORIZONTAL_GAP = 8

const UNIT_WORDS: Readonly<Record<Unit, string>> = {
  cosine: 'cosine',
  logit: 'logit',
  weight: 'weight',
  feature: 'feature',
  id: 'id',
  nats: 'nats',
  'summed probability': 'Σp'
}

function stopsOf(map: ColorMap): ColorBarLayout['stops'] {
  const table = colorTable(map)
  const stops = []
  for (let i = 0; i < TABLE_SIZE; i += STOP_STEP) stops.push(i)
  stops.push(TABLE_SIZE - 1)
  return stops.map((i) => ({
    offset: i / (TABLE_SIZE - 1),
    color: hexFromRgb([table[3 * i] ?? 0, table[3 * i + 1] ?? 0, table[3 * i + 2] ?? 0])
  }))
}

/** The two ends, always, and the round values between them that have room. */
function ticksOf({ domain, unit, length, orientation }: ColorBar): ColorBarTick[] {
  const scale = scaleLinear().domain(domain).range([0, length])
  const tick = (value: number): ColorBarTick => ({
    value,
    text: formatValue(value, unit),
    position: domain[1] > domain[0] ? scale(value) : length / 2
  })
  const [low, high] = [tick(domain[0]), tick(domain[1])]
  if (domain[1] <= domain[0]) return [low]
  const room = (a: ColorBarTick, b: ColorBarTick): number =>
    orientation === 'vertical'
      ? VERTICAL_ROOM
      : (textWidth(a.text, FONT_SIZE) + textWidth(b.text, FONT_SIZE)) / 2 + HORIZONTAL_GAP
  const kept = [low]
  for (const inner of scale.ticks(Math.max(2, Math.round(length / 40))).map(tick)) {
    const last = kept.at(-1) ?? low
    const fits =
      inner.position - last.position >= room(last, inner) && high.position - inner.position >= room(inner, high)
    if (fits) kept.push(inner)
  }
  return [...kept, high]
}

export function layoutColorBar(bar: ColorBar): ColorBarLayout {
  const ticks = ticksOf(bar)
  const label = bar.unit === 'feature' ? bar.tensor : `${bar.tensor} (${UNIT_WORDS[bar.unit]})`
  const common = { stops: stopsOf(bar.map), ticks, label }
  if (bar.orientation === 'vertical') {
    const texts = Math.max(...ticks.map((tick) => textWidth(tick.text, FONT_SIZE)))
    return {
      ...common,
      width: Math.ceil(Math.max(THICKNESS + TICK + GAP + texts, textWidth(label, FONT_SIZE))),
      // half a line above and below for the texts of the ends
      height: LABEL_HEIGHT + FONT_SIZE / 2 + bar.length + FONT_SIZE / 2,
      bar: { x: 0, y: LABEL_HEIGHT + FONT_SIZE / 2, width: THICKNESS, height: bar.length }
    }
  }
  const left = textWidth(ticks[0]?.text ?? '', FONT_SIZE) / 2
  const right = textWidth(ticks.at(-1)?.text ?? '', FONT_SIZE) / 2
  return {
    ...common,
    width: Math.ceil(Math.max(left + bar.length + right, textWidth(label, FONT_SIZE))),
    height: LABEL_HEIGHT + THICKNESS + TICK + GAP + FONT_SIZE,
    bar: { x: left, y: LABEL_HEIGHT, width: bar.length, height: THICKNESS }
  }
}

/** Where a value's text and the two ends of its tick stand. */
export function tickGeometry(
  { bar }: ColorBarLayout,
  orientation: ColorBar['orientation'],
  position: number
): { x1: number; y1: number; x2: number; y2: number; textX: number; textY: number; anchor: 'start' | 'middle' } {
  if (orientation === 'vertical') {
    const y = bar.y + bar.height - position
    const edge = bar.x + bar.width
    return { x1: edge, y1: y, x2: edge + TICK, y2: y, textX: edge + TICK + GAP, textY: y, anchor: 'start' }
  }
  const x = bar.x + position
  const edge = bar.y + bar.height
  return {
    x1: x,
    y1: edge,
    x2: x,
    y2: edge + TICK,
    textX: x,
    textY: edge + TICK + GAP + FONT_SIZE / 2,
    anchor: 'middle'
  }
}

/** The bar as a group at the origin; `id` has to be the only one of its name in the file. */
export function drawColorBar(bar: ColorBar, id: string): string {
  const layout = layoutColorBar(bar)
  const vertical = bar.orientation === 'vertical'
  const gradient = element(
    'linearGradient',
    vertical ? { id, x1: 0, y1: 1, x2: 0, y2: 0 } : { id, x1: 0, y1: 0, x2: 1, y2: 0 },
    ...layout.stops.map(({ offset, color }) =>
      element('stop', { offset: `${Math.round(offset * 10000) / 100}%`, 'stop-color': color })
    )
  )
  const ticks = layout.ticks.map((tick) => {
    const at = tickGeometry(layout, bar.orientation, tick.position)
    return (
      element('line', { x1: at.x1, y1: at.y1, x2: at.x2, y2: at.y2, stroke: QUIET }) +
      textAt(at.textX, at.textY, tick.text, { anchor: at.anchor })
    )
  })
  return (
    element('defs', {}, gradient) +
    textAt(0, FONT_SIZE / 2 + 1, layout.label, { fill: INK }) +
    element('rect', { ...layout.bar, fill: `url(#${id})`, stroke: HAIRLINE }) +
    ticks.join('')
  )
}
