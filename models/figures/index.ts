import type { Mode } from '../api'
import { drawBars, layoutBars, type Bars } from './bars'
import { drawClassLegend, layoutClassLegend, type ClassLegend } from './class-legend'
import { drawColorBar, layoutColorBar, type ColorBar } from './color-bar'
import { drawHeatmap, type HeatmapFigure } from './heatmap'
import { drawHistogram, type HistogramFigure } from './histogram'
import { svgDocument } from './svg'

/** What can be drawn: adding a figure is a file, a line here and a golden SVG. */
export type FigureRecipe =
  | ({ readonly kind: 'heatmap' } & HeatmapFigure)
  | ({ readonly kind: 'color-bar' } & ColorBar)
  | ({ readonly kind: 'class-legend' } & ClassLegend)
  | ({ readonly kind: 'bars' } & Bars)
  | ({ readonly kind: 'histogram' } & HistogramFigure)

/** The figure as an SVG file. */
export function renderFigure(recipe: FigureRecipe): string {
  switch (recipe.kind) {
    case 'heatmap':
      return drawHeatmap(recipe)
    case 'color-bar': {
      const { width, height, label } = layoutColorBar(recipe)
      return svgDocument(width, height, label, drawColorBar(recipe, 'color-bar'))
    }
    case 'class-legend': {
      const { width, height } = layoutClassLegend(recipe)
      return svgDocument(width, height, 'Classes', drawClassLegend(recipe))
    }
    case 'bars': {
      const { width, height } = layoutBars(recipe)
      return svgDocument(width, height, 'Values', drawBars(recipe))
    }
    case 'histogram':
      return svgDocument(recipe.width, recipe.height, recipe.title, drawHistogram(recipe))
  }
}

/** Where the numbers of an exported figure came from: enough to make it again. */
export interface Provenance {
  /** version of the studio */
  readonly studio: string
  readonly checkpoint: { readonly fileName: string; readonly sha256: string; readonly system: string }
  readonly picture: {
    readonly fileName: string
    readonly sha256: string
    readonly width: number
    readonly height: number
  }
  readonly labels: { readonly fileName: string } | undefined
  readonly classes: readonly string[]
  readonly mode: Mode
  /** size of the model's input in pixels */
  readonly input: { readonly width: number; readonly height: number }
  /** which one ran the stages: 'cpu', 'webgpu', … */
  readonly provider: string
  /** everything chosen in the window that the figure depends on, as plain values */
  readonly settings: Readonly<Record<string, unknown>>
}

/** The JSON file that goes beside an exported figure. */
export function describeFigure(recipe: FigureRecipe, provenance: Provenance): string {
  const shown =
    recipe.kind === 'heatmap'
      ? recipe.panels.map(({ title, tags, keys, marks }) => ({
          title,
          tags,
          scales: keys.map((key) =>
            key.kind === 'color-bar'
              ? { tensor: key.tensor, unit: key.unit, map: key.map, domain: key.domain }
              : { title: key.title }
          ),
          probes: marks.map(({ label, x, y }) => ({ label, x, y }))
        }))
      : []
  return `${JSON.stringify({ figure: recipe.kind, ...provenance, shown }, null, 2)}\n`
}
