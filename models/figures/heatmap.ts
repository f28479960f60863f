import { drawClassLegend, layoutClassLegend, type ClassLegend, type LegendEntry } from './class-legend'
import { drawColorBar, layoutColorBar, type ColorBar } from './color-bar'
import { rasterizeOverlay, type Layer, type Overlay, type ShareRect } from './overlay'
import { encodeIndexedPng, encodePng, pngDataUri, type Raster } from './png'
import { drawProbeMark, type ProbeMark } from './probe-mark'
import { element, fitText, HAIRLINE, PAPER, QUIET, svgDocument, textAt, textWidth, type Attributes } from './svg'

/** What tells the colours of a layer. */
export type Key =
  | ({ readonly kind: 'color-bar' } & Omit<ColorBar, 'length' | 'orientation'>)
  | { readonly kind: 'classes'; readonly title: string; readonly entries: readonly LegendEntry[] }
  /** colours that stand for no value each: principal components */
  | { readonly kind: 'note'; readonly title: string; readonly lines: readonly string[] }

/** A picture with what lies over it: one pane of the window. */
export interface HeatmapPanel {
  readonly title: string
  readonly picture: Raster
  readonly layers: readonly Layer[]
  readonly keys: readonly Key[]
  /** what has to be known to read it rightly: 'bilinear', 'own scale', 'sliding window 512/341', 'γ × 0.5 what-if' */
  readonly tags: readonly string[]
  readonly marks: readonly ProbeMark[]
}

export interface HeatmapFigure {
  readonly panels: readonly HeatmapPanel[]
  /** panels beside each other before the next row; all of them where not said */
  readonly columns?: number
  /** last line: which checkpoint, which picture */
  readonly caption: string
  /** longer side of each picture on the page, in pixels */
  readonly size: number
}

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface PanelLayout {
  readonly picture: Box
  readonly title: { readonly x: number; readonly y: number; readonly text: string }
  readonly tags: readonly (Box & { readonly text: string })[]
  readonly keys: readonly { readonly x: number; readonly y: number; readonly key: Key }[]
}

export interface HeatmapLayout {
  readonly width: number
  readonly height: number
  readonly panels: readonly PanelLayout[]
  readonly caption: { readonly x: number; readonly y: number; readonly text: string }
}

const MARGIN = 12
const TITLE_SIZE = 13
const TITLE_HEIGHT = 20
const TAG_HEIGHT = 16
const TAG_SIZE = 10
const TAG_PAD = 5
const TAG_GAP = 4
const KEY_GAP = 12
const KEY_WIDTH = 160
const KEY_TITLE_HEIGHT = 16
const PANEL_GAP = 24
const CAPTION_HEIGHT = 22
const LINE_HEIGHT = 15
const NOTE_SIZE = 11
const COLOR_BAR_LENGTH = 160
const LEGEND_ENTRIES = 24

const barOf = (key: Key & { kind: 'color-bar' }): ColorBar => ({
  ...key,
  length: COLOR_BAR_LENGTH,
  orientation: 'vertical'
})
const legendOf = (key: Key & { kind: 'classes' }): ClassLegend => ({
  entries: key.entries,
  width: KEY_WIDTH,
  maxEntries: LEGEND_ENTRIES
})

function keyHeight(key: Key): number {
  switch (key.kind) {
    case 'color-bar':
      return layoutColorBar(barOf(key)).height
    case 'classes':
      return KEY_TITLE_HEIGHT + layoutClassLegend(legendOf(key)).height
    case 'note':
      return KEY_TITLE_HEIGHT + key.lines.length * LINE_HEIGHT
  }
}

/** Notes are written whole, whatever room colour bars and legends take. */
function keyWidth(key: Key): number {
  if (key.kind !== 'note') return KEY_WIDTH
  return Math.max(KEY_WIDTH, ...[key.title, ...key.lines].map((line) => Math.ceil(textWidth(line, NOTE_SIZE))))
}

/** Tags in lines that are at most `width` wide, from (x, y) on. */
function layoutTags(tags: readonly string[], x: number, y: number, width: number): (Box & { text: string })[] {
  let left = x
  let top = y
  return tags.map((tag) => {
    const text = fitText(tag, TAG_SIZE, width - 2 * TAG_PAD)
    const tagWidth = Math.ceil(textWidth(text, TAG_SIZE)) + 2 * TAG_PAD
    if (left > x && left + tagWidth > x + width) {
      left = x
      top += TAG_HEIGHT + TAG_GAP
    }
    const box = { x: left, y: top, width: tagWidth, height: TAG_HEIGHT, text }
    left += tagWidth + TAG_GAP
    return box
  })
}

function layoutPanel(
  panel: HeatmapPanel,
  x: number,
  y: number,
  size: number
): PanelLayout & { right: number; bottom: number } {
  const { width, height } = panel.picture
  const scale = size / Math.max(width, height)
  const boxWidth = Math.round(width * scale)
  const boxHeight = Math.round(height * scale)
  const hasKeys = panel.keys.length > 0
  const right = x + boxWidth + (hasKeys ? KEY_GAP + Math.max(...panel.keys.map(keyWidth)) : 0)
  const tags = layoutTags(panel.tags, x, y + TITLE_HEIGHT, right - x)
  const tagsBottom = Math.max(y + TITLE_HEIGHT, ...tags.map((tag) => tag.y + tag.height + TAG_GAP))
  const picture = { x, y: tagsBottom, width: boxWidth, height: boxHeight }
  let keyY = picture.y
  const keys = panel.keys.map((key) => {
    const placed = { x: x + boxWidth + KEY_GAP, y: keyY, key }
    keyY += keyHeight(key) + KEY_GAP
    return placed
  })
  return {
    picture,
    title: { x, y: y + TITLE_HEIGHT / 2, text: fitText(panel.title, TITLE_SIZE, right - x) },
    tags,
    keys,
    right,
    bottom: Math.max(picture.y + boxHeight, hasKeys ? keyY - KEY_GAP : 0)
  }
}

export function layoutHeatmap({ panels, columns = panels.length, caption, size }: HeatmapFigure): HeatmapLayout {
  let x = MARGIN
  let top = MARGIN
  let bottom = MARGIN
  let right = MARGIN
  const placed = panels.map((panel, index) => {
    if (index > 0 && index % columns === 0) {
      x = MARGIN
      top = bottom + PANEL_GAP
    }
    const layout = layoutPanel(panel, x, top, size)
    x = layout.right + PANEL_GAP
    right = Math.max(right, layout.right)
    bottom = Math.max(bottom, layout.bottom)
    return layout
  })
  const width = right + MARGIN
  return {
    width,
    height: bottom + CAPTION_HEIGHT + MARGIN,
    panels: placed,
    caption: { x: MARGIN, y: bottom + CAPTION_HEIGHT / 2 + 3, text: fitText(caption, 11, width - 2 * MARGIN) }
  }
}

/** Where shares of the picture lie in its box. */
function boxOf(rect: ShareRect, box: Box): Box {
  return {
    x: box.x + rect.left * box.width,
    y: box.y + rect.top * box.height,
    width: (rect.right - rect.left) * box.width,
    height: (rect.bottom - rect.top) * box.height
  }
}

const isWhole = (rect: ShareRect): boolean => rect.left === 0 && rect.top === 0 && rect.right === 1 && rect.bottom === 1

function image(box: Box, png: Uint8Array, attributes: Attributes = {}): string {
  return element('image', { ...box, preserveAspectRatio: 'none', href: pngDataUri(png), ...attributes })
}

/**
 * A cell stays a square, whatever size the figure is printed at. Browsers want the word of CSS (the rule in
 * CELLS_STYLE), most other programs know the older attribute alone.
 */
const AS_CELLS: Attributes = { class: 'cells', 'image-rendering': 'optimizeSpeed' }
const CELLS_STYLE = '@supports (image-rendering: pixelated) { .cells { image-rendering: pixelated } }'

/** Label maps that fit keep their labels as the indices of the embedded file. */
function encodeOverlay(overlay: Overlay, height: number, width: number): Uint8Array {
  if (overlay.kind === 'labels' && overlay.palette.length < 256) {
    const indices = Uint8Array.from(overlay.labels, (label) => Math.min(255, label))
    return encodeIndexedPng(overlay.columns, overlay.rows, indices, overlay.palette)
  }
  return encodePng(rasterizeOverlay(overlay, height, width))
}

function drawLayer(layer: Layer, picture: Raster, box: Box, id: string): string {
  const { overlay, region, clip, opacity } = layer
  const height = Math.round(picture.height * (region.bottom - region.top))
  const width = Math.round(picture.width * (region.right - region.left))
  // cells of what was filled up with zeros lie beside the picture
  const isInside = Math.max(region.right, region.bottom) <= 1 && Math.min(region.left, region.top) >= 0
  const clipId = isWhole(clip) && isInside ? undefined : `${id}-clip`
  const asCells = overlay.kind === 'labels' || overlay.interpolation === 'cells'
  return (
    (clipId === undefined ? '' : element('clipPath', { id: clipId }, element('rect', { ...boxOf(clip, box) }))) +
    element(
      'g',
      { 'clip-path': clipId && `url(#${clipId})`, opacity: opacity === 1 ? undefined : opacity },
      image(boxOf(region, box), encodeOverlay(overlay, height, width), asCells ? AS_CELLS : {})
    )
  )
}

function drawKey(key: Key, id: string): string {
  switch (key.kind) {
    case 'color-bar':
      return drawColorBar(barOf(key), id)
    case 'classes':
      return (
        textAt(0, KEY_TITLE_HEIGHT / 2, key.title) +
        element('g', { transform: `translate(0 ${KEY_TITLE_HEIGHT})` }, drawClassLegend(legendOf(key)))
      )
    case 'note':
      return (
        textAt(0, KEY_TITLE_HEIGHT / 2, key.title) +
        key.lines
          .map((line, index) => textAt(0, KEY_TITLE_HEIGHT + (index + 0.5) * LINE_HEIGHT, line, { fill: QUIET }))
          .join('')
      )
  }
}

function drawPanel(panel: HeatmapPanel, layout: PanelLayout, id: string): string {
  const { picture: box } = layout
  const marks = panel.marks.map((mark) => drawProbeMark(mark, panel.picture, box)).join('')
  return [
    textAt(layout.title.x, layout.title.y, layout.title.text, { size: TITLE_SIZE, weight: 600 }),
    ...layout.tags.map(
      (tag) =>
        element('rect', {
          x: tag.x + 0.5,
          y: tag.y + 0.5,
          width: tag.width - 1,
          height: tag.height - 1,
          rx: 3,
          fill: 'none',
          stroke: HAIRLINE
        }) + textAt(tag.x + TAG_PAD, tag.y + tag.height / 2, tag.text, { size: TAG_SIZE, fill: QUIET })
    ),
    image(box, encodePng(panel.picture), panel.picture.width < box.width ? AS_CELLS : {}),
    ...panel.layers.map((layer, index) => drawLayer(layer, panel.picture, box, `${id}-layer${index}`)),
    marks === ''
      ? ''
      : element(
          'clipPath',
          { id: `${id}-box` },
          element('rect', { x: 0, y: 0, width: box.width, height: box.height })
        ) + element('g', { transform: `translate(${box.x} ${box.y})`, 'clip-path': `url(#${id}-box)` }, marks),
    ...layout.keys.map(({ x, y, key }, index) =>
      element('g', { transform: `translate(${x} ${y})` }, drawKey(key, `${id}-key${index}`))
    )
  ].join('\n')
}

/** The figure as an SVG file: pictures and maps at their own resolution, everything else as vectors and text. */
export function drawHeatmap(figure: HeatmapFigure): string {
  const layout = layoutHeatmap(figure)
  const body = [
    element('style', {}, CELLS_STYLE),
    element('rect', { x: 0, y: 0, width: layout.width, height: layout.height, fill: PAPER }),
    ...layout.panels.map((placed, index) => {
      const panel = figure.panels[index]
      return panel ? drawPanel(panel, placed, `panel${index}`) : ''
    }),
    textAt(layout.caption.x, layout.caption.y, layout.caption.text, { fill: QUIET })
  ]
  return svgDocument(layout.width, layout.height, figure.panels.map((panel) => panel.title).join(', '), body.join('\n'))
}
