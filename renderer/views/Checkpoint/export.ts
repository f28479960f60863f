import type { Comparison, Inspection } from '#models/doctor-api'
import type { WeightStatistics } from '#models/analysis/weight-statistics'
import { renderFigure } from '#models/figures/index'
import type { Studio } from '../../state/studio.svelte'
import { fileStem } from '../Heatmaps/export'
import { comparisonCsv } from './compared'

const FIGURE = { width: 480, height: 260 }
const PNG_DENSITY = 2
const encoder = new TextEncoder()

/** A tensor's histogram as SVG and PNG, with a JSON that says what of; the path, or undefined where the user left it. */
export async function exportHistogram(
  studio: Studio,
  {
    inspection,
    name,
    statistics,
    logarithmic
  }: { inspection: Inspection; name: string; statistics: WeightStatistics; logarithmic: boolean }
): Promise<string | undefined> {
  const { fileName, hash, detection } = inspection
  const title = `${name} · ${fileName}`
  const svg = renderFigure({ kind: 'histogram', histogram: statistics.histogram, logarithmic, title, ...FIGURE })
  const png = await studio.shell.rasterize({ svg, width: FIGURE.width * PNG_DENSITY })
  const checkpoint = { fileName, sha256: hash, system: detection?.system }
  const json = JSON.stringify(
    { figure: 'histogram', checkpoint, tensor: name, logarithmic, ...statistics },
    undefined,
    2
  )
  return studio.shell.saveExport({
    suggestedName: fileStem(fileName, name.replaceAll('.', '-')),
    files: [
      { extension: 'svg', bytes: encoder.encode(svg) },
      { extension: 'png', bytes: png },
      { extension: 'json', bytes: encoder.encode(`${json}\n`) }
    ]
  })
}

/** Every key of the comparison, for a spreadsheet. */
export function exportComparison(
  studio: Studio,
  { rows }: Comparison,
  names: readonly [string, string]
): Promise<string | undefined> {
  return studio.shell.saveExport({
    suggestedName: fileStem(...names, 'comparison'),
    files: [{ extension: 'csv', bytes: encoder.encode(comparisonCsv(rows)) }]
  })
}
