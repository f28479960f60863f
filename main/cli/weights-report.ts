import type { Comparison, StoredEntry } from '#models/doctor-api'
import type { Histogram, WeightStatistics } from '#models/analysis/weight-statistics'
import { largestFirst, type ComparedKey, type StoredAs } from '#models/checkpoints/comparison'
import { formatWeight } from '#models/figures/numbers'
import { shapeText, table } from './text-table'

const COLUMNS = 16
const BARS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/** Min to max in 16 columns, the highest bin full; anything that is there shows. */
function textHistogram({ counts }: Histogram): string {
  const perColumn = Math.max(1, counts.length / COLUMNS)
  const columns: number[] = []
  for (let at = 0; at < counts.length; at += perColumn) {
    columns.push(counts.slice(at, at + perColumn).reduce((sum, count) => sum + count, 0))
  }
  const highest = Math.max(1, ...columns)
  return columns.map((count) => BARS[Math.ceil((count / highest) * (BARS.length - 1))]).join('')
}

/** A line a tensor. */
export function weightsTable(entries: readonly StoredEntry[], statistics: readonly WeightStatistics[]): string[] {
  const rows = statistics.map((found, index) => {
    const { min, max, mean, std, nan, positiveInfinity, negativeInfinity } = found
    return [
      entries[index]?.name ?? '',
      ...[min, max, mean, std].map(formatWeight),
      String(nan),
      String(positiveInfinity + negativeInfinity),
      textHistogram(found.histogram)
    ]
  })
  return table([['tensor', 'min', 'max', 'mean', 'std', 'NaN', '±inf', 'min to max'], ...rows])
}

const STATUS: Readonly<Record<ComparedKey['status'], string>> = {
  same: 'same',
  differs: 'differs',
  dtype: 'other type',
  shape: 'other shape',
  'only-first': 'only in the first',
  'only-second': 'only in the second'
}

/** What differs, largest first; what is the same is counted. */
export function comparisonReport({ family, rows }: Comparison, [first, second]: readonly [string, string]): string {
  const counts = new Map<string, number>()
  for (const { status } of rows) counts.set(STATUS[status], (counts.get(STATUS[status]) ?? 0) + 1)
  const differing = largestFirst(rows).filter(({ status }) => status !== 'same')
  return [
    `first   ${first}`,
    `second  ${second}`,
    `names   ${family === undefined ? 'as stored: the files are not of one family' : `of the family ${family}`}`,
    `keys    ${[...counts].map(([status, count]) => `${count} ${status}`).join(', ')}`,
    ...(differing.length > 0
      ? ['', ...table([['tensor', '', 'relative L2', 'max |a − b|', 'first', 'second'], ...differing.map(rowOf)])]
      : []),
    ''
  ].join('\n')
}

function rowOf({ name, status, difference, first, second }: ComparedKey): string[] {
  const lost = difference && difference.notFinite > 0 ? `, ${difference.notFinite} not finite` : ''
  return [
    name,
    STATUS[status] + lost,
    formatWeight(difference?.relativeL2),
    formatWeight(difference?.maxAbs),
    storedText(first),
    storedText(second)
  ]
}

function storedText(stored: StoredAs | undefined): string {
  return stored ? `${stored.dtype} ${shapeText(stored.shape)}` : '–'
}
