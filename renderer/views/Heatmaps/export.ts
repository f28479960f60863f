import type { ExportFile } from '#models/shell'
import { describeFigure, renderFigure, type FigureRecipe } from '#models/figures/index'
import type { HeatmapPanel } from '#models/figures/heatmap'
import type { Raster } from '#models/figures/png'
import type { ModelSlot } from '../../state/model-slot.svelte'
import { provenanceOf } from '../../state/provenance'
import type { Studio } from '../../state/studio.svelte'
import { systemTitle } from '../../state/systems'

/** Everything of a panel but the picture, which an export reads again at its own resolution. */
export type PanelParts = Omit<HeatmapPanel, 'picture'> & { readonly slot: ModelSlot }

type HeatmapRecipe = Extract<FigureRecipe, { kind: 'heatmap' }>

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

/** Which of several models it is: 'B · clip-mini-rn.pt (CLIP)' */
function nameOf({ letter, fileName, info }: ModelSlot): string {
  return `${letter} · ${fileName}${info ? ` (${systemTitle(info.system)})` : ''}`
}

/** The panels as a figure, in the columns that they have on screen, with the files of it: vectors, pixels, and where it came from. */
export async function exportFigure(
  studio: Studio,
  parts: readonly PanelParts[],
  columns: number
): Promise<string | undefined> {
  const [first] = parts
  const { info } = studio.picture
  if (!first || !info) return undefined
  const picture: Raster = await studio.engine.picturePixels({ picture: info.id, maxSide: MAX_EMBEDDED_SIDE })
  const scale = picture.width / info.width
  const slots = [...new Set(parts.map(({ slot }) => slot))]
  const panels = parts.map(({ slot, title, marks, ...rest }) => ({
    slot,
    panel: {
      ...rest,
      title: slots.length > 1 ? `${nameOf(slot)} · ${title}` : title,
      picture,
      // marks count the picture's own pixels
      marks: marks.map((mark) => ({ ...mark, x: mark.x * scale, y: mark.y * scale }))
    }
  }))
  const recipe: HeatmapRecipe = {
    kind: 'heatmap',
    size: FIGURE_SIZE,
    caption: `${slots.map((slot) => (slots.length > 1 ? nameOf(slot) : slot.fileName)).join(', ')} · ${info.fileName}`,
    columns,
    panels: panels.map(({ panel }) => panel)
  }
  const svg = renderFigure(recipe)
  const width = Number(/ width="([\d.]+)"/.exec(svg)?.[1] ?? FIGURE_SIZE)
  const png = await studio.shell.rasterize({ svg, width: Math.round(width * PNG_DENSITY) })
  const descriptions = slots.map((slot) => {
    const own = panels.filter((each) => each.slot === slot).map(({ panel }) => panel)
    return describeFigure({ ...recipe, panels: own }, provenanceOf(studio, slot))
  })
  const json = descriptions.length === 1 ? (descriptions[0] ?? '') : `[\n${descriptions.join(',\n')}]\n`
  const files: ExportFile[] = [
    { extension: 'svg', bytes: encoder.encode(svg) },
    { extension: 'png', bytes: png },
    { extension: 'json', bytes: encoder.encode(json) }
  ]
  return studio.shell.saveExport({ suggestedName: fileStem(info.fileName, first.title), files })
}
