import type { Inspection } from '#models/doctor-api'
import type { Fact } from '#models/architectures/architecture'
import { factText } from '#models/architectures/fact-text'
import { formatCount } from '#models/figures/numbers'
import { block, shapeText, table } from './text-table'

type Detection = NonNullable<Inspection['detection']>

const MiB = 2 ** 20
/** Names listed before the rest is counted. */
const LISTED = 20

function shortened(names: readonly string[]): string[] {
  return names.length > LISTED ? [...names.slice(0, LISTED), `and ${names.length - LISTED} more`] : [...names]
}

/** That nothing is missing is worth a line: silence could be a question that nobody asked. */
const orNone = (names: readonly string[]): readonly string[] => (names.length > 0 ? names : ['none'])

export function inspectionReport(inspection: Inspection): string {
  const { detection, container, otherContainers, entries, otherEntries } = inspection
  const head = table([
    ['file', `${inspection.fileName} (${(inspection.fileBytes / MiB).toFixed(1)} MiB, ${inspection.format})`],
    ['sha256', inspection.hash],
    [
      'weights',
      `${container.join('.') || 'top level'}: ${entries.length} tensors, ${formatCount(inspection.parameterCount)} values`
    ],
    ['types', [...new Set(entries.map(({ dtype }) => dtype))].join(', ')],
    ...(otherContainers.length > 0 ? [['also', otherContainers.join(', ')]] : []),
    ['family', detection ? `${detection.system}: ${detection.summary}` : 'not known; its tensors can be browsed'],
    ...(detection ? [['because', detection.reason]] : []),
    ...(detection && detection.alternatives.length > 0 ? [['opens as', detection.alternatives.join(', ')]] : []),
    ...(detection && detection.needs.length > 0 ? [['needs', detection.needs.join(', ')]] : [])
  ])
  const stored = table([...entries, ...otherEntries].map(({ name, dtype, shape }) => [name, dtype, shapeText(shape)]))
  const notes = inspection.notes.map(({ message }) => message)
  return [
    ...head,
    ...(detection ? family(detection) : []),
    ...block('notes', notes),
    ...block('stored', stored),
    ''
  ].join('\n')
}

function family(detection: Detection): string[] {
  const { facts, classes, tensors, missing, unexpected, renamed, resized } = detection
  return [
    ...block('sizes (what is set by --config is marked *)', table(facts.map(factRow))),
    ...block(
      `classes (${classes.length})`,
      classes.map((name) => JSON.stringify(name))
    ),
    ...block('gives', table(tensors.map(({ name, axes, meaning }) => [name, axes.join(' × '), meaning]))),
    ...block(`missing (${missing.length})`, orNone(shortened(missing))),
    ...block(`unexpected (${unexpected.length})`, orNone(shortened(unexpected))),
    ...block(
      `renamed (${renamed.length})`,
      orNone(table(renamed.map(({ name, stored }) => [stored.join(' + '), `→ ${name}`])))
    ),
    ...block(`resized (${resized.length})`, orNone(table(resized.map(resizedRow))))
  ]
}

function factRow({ key, value, source, setting }: Fact): string[] {
  const otherwise =
    source === 'user' && setting ? `, otherwise ${factText(setting.otherwise)} (${setting.otherwiseFrom})` : ''
  return [key + (setting ? ' *' : ''), factText(value), source + otherwise]
}

function resizedRow({ name, stored, by, untouchedFor, to }: Detection['resized'][number]): string[] {
  const size = stored.length === 2 ? `${stored.join(' × ')} cells` : `${stored.join()} rows`
  const when = to ? `always to ${to.join(' × ')}` : `but for pictures of ${untouchedFor ?? 0} × ${untouchedFor ?? 0}`
  return [name, size, by, when]
}
