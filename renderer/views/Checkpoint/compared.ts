import { differenceSize, type ComparedKey, type StoredAs } from '#models/checkpoints/comparison'

export const ORDERS = ['file', 'name', 'relativeL2', 'maxAbs'] as const
export type Order = (typeof ORDERS)[number]

/** By a column; largest first where it is of numbers, as they were where they are equal. */
export function ordered(rows: readonly ComparedKey[], order: Order): readonly ComparedKey[] {
  switch (order) {
    case 'file':
      return rows
    case 'name':
      return rows.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    case 'relativeL2':
      return rows.toSorted((a, b) => differenceSize(b) - differenceSize(a))
    case 'maxAbs':
      return rows.toSorted((a, b) => maxAbsOf(b) - maxAbsOf(a))
  }
}

const maxAbsOf = ({ difference }: ComparedKey): number => difference?.maxAbs ?? Number.MAX_VALUE

/** As a file for spreadsheets: full precision, one line a key. */
export function comparisonCsv(rows: readonly ComparedKey[]): string {
  const header =
    'name,status,relative_l2,max_abs,not_finite,first_name,first_dtype,first_shape,second_name,second_dtype,second_shape'
  const lines = rows.map(({ name, status, difference, first, second }) =>
    [
      name,
      status,
      difference?.relativeL2 ?? '',
      difference?.maxAbs ?? '',
      difference?.notFinite ?? '',
      ...storedCells(first),
      ...storedCells(second)
    ]
      .map((cell) => quoted(String(cell)))
      .join(',')
  )
  return `${[header, ...lines].join('\r\n')}\r\n`
}

function storedCells(stored: StoredAs | undefined): string[] {
  return stored ? [stored.name, stored.dtype, stored.shape.join('x')] : ['', '', '']
}

/** Names are a file's own: one that begins like a formula is not to become one. */
function quoted(cell: string): string {
  const plain = /^[=+@]|^-\D/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}
