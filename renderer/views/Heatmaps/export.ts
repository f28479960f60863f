import type { ExportFile } from '#models/shell'
import { describeFigure, renderFigure, type FigureRecipe } from '#models/figures/index'
import type { HeatmapPanel } from '#models/figures/heatmap'
import type { Raster } from '#models/figures/png'
import type { ModelSlot } from '../../state/model-slot.svelte'
import { provenanceOf } from '../../state/provenance'
import type { Studio } from '../../state/studio.svelte'

/** Everything of a panel but the picture, which an export reads again at its own resolution. */
export type PanelParts = Omit<HeatmapPanel, 'picture'> & { readonly slot: ModelSlot }

/** Longer side of a picture on the page, in pixels; the PNG has twice as many. */
const FIGURE_SIZE = 640
const PNG_DENSITY = 2
/** Pictures are embedded whole up to here: beyond, base64 in one string comes near what an engine can hold. */
const MAX_EMBEDDED_SIDE = 8192

const encoder = new TextEncoder()

/** A name for files: letters, digits, dots and dashes. */
export function fileStem(...parts: readonly string[]): string {
  return parts
    .map((part) =>
      part
        .replace(/\.[^.]+$/, '')
        .replace(/[^\p{L}\p{N}]+/gu, '-')
        .replace(/^-+|-+$/g, '')
    )
    .filter((part) => part !== '')
    .join('-')
}

/** The panels as a figure, with the files of it: vectors, pixels, and where it came from. */
export async function exportFigure(studio: Studio, parts: readonly PanelParts[]): Promise<string | undefined> {
  const [first] = parts
  const { info } = studio.picture
  if (!first || !info) return undefined
  const picture: Raster = await studio.engine.picturePixels({ picture: info.id, maxSide: MAX_EMBEDDED_SIDE })
  const scale = picture.width / info.width
  const slots = [...new Set(parts.map(({ slot }) => slot))]
  const recipe: FigureRecipe = {
    kind: 'heatmap',
    size: FIGURE_SIZE,
    caption: `${slots.map((slot) => slot.fileName).join(', ')} · ${info.fileName}`,
    panels: parts.map(({ slot, title, marks, ...rest }) => ({
      ...rest,
      title: slots.length > 1 ? `${slot.letter} · ${title}` : title,
      picture,
      // marks count the picture's own pixels
      marks: marks.map((mark) => ({ ...mark, x: mark.x * scale, y: mark.y * scale }))
    }))
  }
  const svg = renderFigure(recipe)
  const width = Number(/ width="([\d.]+)"/.exec(svg)?.[1] ?? FIGURE_SIZE)
  const png = await studio.shell.rasterize({ svg, width: Math.round(width * PNG_DENSITY) })
  const descriptions = slots.map((slot) => describeFigure(recipe, provenanceOf(studio, slot)))
  const json = descriptions.length === 1 ? (descriptions[0] ?? '') : `[\n${descriptions.join(',\n')}]\n`
  const files: ExportFile[] = [
    { extension: 'svg', bytes: encoder.encode(svg) },
    { extension: 'png', bytes: png },
    { extension: 'json', bytes: encoder.encode(json) }
  ]
  return studio.shell.saveExport({ suggestedName: fileStem(info.fileName, first.title), files })
}
