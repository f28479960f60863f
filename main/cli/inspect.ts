import type { Command } from 'commander'
import type { Inspection } from '#models/api'
import type { Fact } from '#models/architectures/architecture'
import { formatCount } from '#models/figures/numbers'
import { withEngine } from './engine'

/** `inspect CHECKPOINT`: what a file is and holds, whether or not a family is known for it. */
export function addInspect(program: Command): void {
  program
    .command('inspect')
    .description('say what a checkpoint is: family, sizes, classes, tensors, what is missing or unexpected')
    .argument('<checkpoint>', 'PyTorch, TorchScript, safetensors, ONNX or NumPy file')
    .option('--json', 'everything, as JSON')
    .action(async (checkpoint: string, options: { json?: boolean }) => {
      const inspection = await withEngine((engine, context) =>
        engine.inspect({ path: checkpoint, countNotFinite: true }, context)
      )
      process.stdout.write(options.json ? `${JSON.stringify(inspection, undefined, 2)}\n` : report(inspection))
    })
}

const MiB = 2 ** 20
/** Names listed before the rest is counted. */
const LISTED = 20

function shapeText(shape: readonly number[]): string {
  return shape.length > 0 ? shape.join(' × ') : 'scalar'
}

function valueText(value: Fact['value']): string {
  return Array.isArray(value) ? value.join(', ') : String(value)
}

/** A block of lines under a title, or nothing. */
function block(title: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? ['', title, ...lines.map((line) => `  ${line}`)] : []
}

function shortened(names: readonly string[]): string[] {
  return names.length > LISTED ? [...names.slice(0, LISTED), `and ${names.length - LISTED} more`] : [...names]
}

/** That nothing is missing is worth a line: silence could be a question that nobody asked. */
const orNone = (names: readonly string[]): readonly string[] => (names.length > 0 ? names : ['none'])

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  )
}

function report(inspection: Inspection): string {
  const { detection, container, otherContainers, entries } = inspection
  const head = table([
    ['file', `${inspection.fileName} (${(inspection.fileBytes / MiB).toFixed(1)} MiB, ${inspection.format})`],
    ['sha256', inspection.hash],
    [
      'weights',
      `${container.join('.') || 'top level'}: ${entries.length} tensors, ${formatCount(inspection.parameterCount)} values`
    ],
    ...(otherContainers.length > 0 ? [['also', otherContainers.join(', ')]] : []),
    ['family', detection ? `${detection.system}: ${detection.summary}` : 'not known; its tensors can be browsed'],
    ...(detection ? [['because', detection.reason]] : [])
  ])
  const known = detection
    ? [
        ...block('sizes', table(detection.facts.map(({ key, value, source }) => [key, valueText(value), source]))),
        ...block(
          `classes (${detection.classes.length})`,
          detection.classes.map((name) => JSON.stringify(name))
        ),
        ...block('gives', table(detection.tensors.map(({ name, axes, meaning }) => [name, axes.join(' × '), meaning]))),
        ...block(`missing (${detection.missing.length})`, orNone(shortened(detection.missing))),
        ...block(`unexpected (${detection.unexpected.length})`, orNone(shortened(detection.unexpected)))
      ]
    : []
  const stored = table(entries.map(({ name, dtype, shape }) => [name, dtype, shapeText(shape)]))
  const notes = inspection.notes.map(({ message }) => message)
  return [...head, ...known, ...block('notes', notes), ...block('stored', stored), ''].join('\n')
}
