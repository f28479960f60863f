import type { ClassValue, Probe } from '#models/results-api'
import { classKey, indexOfClass } from '../state/class-names'

/*
 * What several models say of one place, class by class. Classes are matched by name; a model without a class of the
 * name has no partner there, which is another thing than a value that is not computed.
 */

export type Measure = 'cosine' | 'logit'

/** One model (or, of a model that is alone, one of its measures). */
export interface ProbeSource {
  readonly measure: Measure
  /** names of the run that was asked, in its order */
  readonly classes: readonly string[]
  readonly probe: Probe | undefined
}

export interface ProbeCell {
  readonly value: number | undefined
  readonly hasClass: boolean
}

export interface ProbeRow {
  /** as the model spells it that the rows are ranked by, else the first that has it */
  readonly name: string
  /** one a source */
  readonly cells: readonly ProbeCell[]
  /** not among the best: here because it is chosen, or the best of another model */
  readonly apart: boolean
}

export interface ProbeTable {
  readonly rows: readonly ProbeRow[]
  /** best minus second-best, one a source */
  readonly margins: readonly (number | undefined)[]
  /** the largest absolute value of the rows in the measure that they are ranked by: what bars are drawn against */
  readonly largest: number
}

interface Named {
  readonly name: string
  readonly cells: readonly ProbeCell[]
}

/**
 * The `count` best classes of `sources[by]`, best first. Behind them the best of every other source and the class
 * `always`, where they are not among them. A source without values ranks by the next that has some.
 */
export function probeTable(
  sources: readonly ProbeSource[],
  by: number,
  count: number,
  always: string | undefined
): ProbeTable {
  const ranking = rankable(sources[by]) ? by : sources.findIndex(rankable)
  const valueOf = (row: Named): number => row.cells[ranking]?.value ?? -Infinity
  const ranked = unite(sources, ranking).toSorted((a, b) => valueOf(b) - valueOf(a))
  const compared = sources.filter(({ measure }) => measure === sources[by]?.measure)
  const wanted = new Set([always, ...compared.map(bestOf)].filter((name) => name !== undefined).map(classKey))
  const rows = ranked
    .map((row, index) => ({ ...row, apart: index >= count }))
    .filter(({ name, apart }) => !apart || wanted.has(classKey(name)))
  const values = rows.flatMap(({ cells }) =>
    cells
      .filter((_, index) => sources[index]?.measure === sources[by]?.measure)
      .map(({ value }) => Math.abs(value ?? 0))
  )
  return {
    rows,
    margins: sources.map(({ measure, probe }) => probe?.[measure === 'cosine' ? 'cosineMargin' : 'logitMargin']),
    largest: Math.max(Number.MIN_VALUE, ...values)
  }
}

const rankable = (source: ProbeSource | undefined): boolean =>
  source?.probe?.values.some((value) => value[source.measure] !== undefined) ?? false

/** All classes of all sources, each once: those of the ranking source first, in its order. */
function unite(sources: readonly ProbeSource[], ranking: number): readonly Named[] {
  // two of one list stay two, however alike they are spelled
  const names = [...(sources[ranking]?.classes ?? [])]
  for (const { classes } of sources) {
    for (const name of classes) if (indexOfClass(names, name) === undefined) names.push(name)
  }
  const values = sources.map(({ probe }) => new Map(probe?.values.map((value) => [value.classIndex, value])))
  return names.map((name) => ({
    name,
    cells: sources.map(({ classes, measure }, index): ProbeCell => {
      const at = indexOfClass(classes, name)
      const value: ClassValue | undefined = at === undefined ? undefined : values[index]?.get(at)
      return { value: value?.[measure], hasClass: at !== undefined }
    })
  }))
}

function bestOf({ classes, probe, measure }: ProbeSource): string | undefined {
  const best = probe?.values.reduce<ClassValue | undefined>(
    (most, value) => ((value[measure] ?? -Infinity) > (most?.[measure] ?? -Infinity) ? value : most),
    undefined
  )
  return best && classes[best.classIndex]
}
