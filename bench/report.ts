import { median, pairedRatio, type Paired } from './measure'

/** One line of the printed table. */
export interface Row {
  readonly what: string
  readonly ours: string
  /** PyTorch's time, or what else the aim compares with */
  readonly against: string
  readonly ratio: number | undefined
  /** the largest value that holds, of the ratio or of the number in `ours` */
  readonly aim: number | undefined
  readonly holds: boolean | undefined
}

export function milliseconds(value: number): string {
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(value < 10 ? 1 : 0)} ms`
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`
}

/** A time beside another of the same rounds, and the share of it that is the aim. */
export function ratioRow(what: string, times: Paired, aim: number | undefined, against = ''): Row {
  const ratio = pairedRatio(times)
  return {
    what,
    ours: milliseconds(median(times.ours)),
    against: `${milliseconds(median(times.theirs))}${against && ` ${against}`}`,
    ratio,
    aim,
    holds: aim === undefined ? undefined : ratio <= aim
  }
}

/** A time alone, with an aim in milliseconds where there is one. */
export function timeRow(what: string, times: readonly number[], aimMs?: number): Row {
  const value = median(times)
  return {
    what,
    ours: milliseconds(value),
    against: aimMs === undefined ? '' : `aim ${milliseconds(aimMs)}`,
    ratio: undefined,
    aim: undefined,
    holds: aimMs === undefined ? undefined : value <= aimMs
  }
}

/** The table as Markdown, aligned so that it reads in a terminal too, below what it was measured on. */
export function table(title: string, rows: readonly Row[], conditions: readonly string[]): string {
  const header = ['', 'studio', 'against', 'ratio', 'aim', 'holds']
  const cells = rows.map(({ what, ours, against, ratio, aim, holds }) => [
    what,
    ours,
    against,
    ratio === undefined ? '' : ratio.toFixed(2),
    aim === undefined ? '' : `≤ ${aim}`,
    holds === undefined ? '' : holds ? 'yes' : '**no**'
  ])
  const widths = header.map((_, column) => Math.max(...[header, ...cells].map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [`### ${title}`, '', ...conditions, '', line(header), rule, ...cells.map(line), ''].join('\n')
}
