import { createHash } from 'node:crypto'
import type { CallContext, ProviderName, StageReport } from '#models/api'
import { StudioError } from '#models/errors'
import type { Shape, Tensor } from '#models/tensor'
import { throwIfCancelled } from './cancellation'
import { progressMeter, type Durations, type PlannedWork } from './progress'
import type { StepValues, TensorStore } from './tensor-store'

/** Something that turns named values into named tensors: a stage of a model, or what feeds the first of them. */
export interface Step {
  readonly id: string
  /** stages are reported to the user, sources (the picture as numbers, γ) are not */
  readonly kind: 'stage' | 'source'
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** outputs too large to take along: computed only where they are asked for */
  readonly onDemand: readonly string[]
  /** whatever the outputs depend on besides the inputs, as text */
  readonly choices: string
  run(inputs: ReadonlyMap<string, Tensor>, outputs: readonly string[]): Promise<StepResult>
}

export interface StepResult {
  readonly outputs: ReadonlyMap<string, Tensor>
  readonly provider: ProviderName
  /** of outputs that may not have been computed, where they are known */
  readonly shapes?: ReadonlyMap<string, Shape> | undefined
}

/** Steps that belong together, each output of one name; `prefix` sets them apart from those of other models. */
export interface StepChain {
  readonly prefix: string
  readonly steps: readonly Step[]
  /** shown before the step: 'window 3 of 8'; '' for nothing */
  readonly label: string
  /** what durations depend on besides the step: sizes and counts, as one text */
  readonly workload: string
}

/** A name of a chain that somebody wants. */
export interface Wanted {
  readonly chain: StepChain
  readonly names: readonly string[]
}

export interface Evaluation {
  /** beside `wanted`: the tensors of its names */
  readonly tensors: readonly ReadonlyMap<string, Tensor>[]
  /** every stage that the tensors came through, in order; those of several chains are summed by id */
  readonly stages: readonly StageReport[]
  /** of every tensor on the way that is there now, by name; where chains differ, of the first */
  readonly shapes: ReadonlyMap<string, Shape>
}

interface PlannedStep {
  readonly chain: StepChain
  readonly step: Step
  readonly key: string
  readonly outputs: Set<string>
}

/** What an evaluation holds while it goes on. */
interface Work {
  /** steps to run, inputs before what needs them */
  readonly plan: Map<string, PlannedStep>
  /** stages of which kept values are taken */
  readonly reused: Map<string, StageReport>
  /** values that steps of the plan still need */
  readonly values: Map<string, StepValues>
  readonly shapes: Map<string, Shape>
}

/**
 * Evaluates steps lazily. The values of a step have a key made of the step, its choices and the keys of its inputs, so
 * a change runs again exactly what depends on it, and nothing that is kept is computed twice.
 */
export class Pipeline {
  readonly #underWay = new Map<string, Promise<StepValues>>()

  constructor(
    private readonly store: TensorStore,
    private readonly durations: Durations
  ) {}

  /** Throws a StudioError `invalid` for a name that no step gives, `cancelled`, and whatever steps throw. */
  async evaluate(wanted: readonly Wanted[], context: CallContext = {}): Promise<Evaluation> {
    const work: Work = { plan: new Map(), reused: new Map(), values: new Map(), shapes: new Map() }
    for (const { chain, names } of wanted) for (const name of names) this.#visit(work, chain, name, true)

    const tensors = wanted.map(() => new Map<string, Tensor>())
    const collect = (key: string): void => {
      wanted.forEach(({ chain, names }, i) => {
        for (const name of names) {
          if (keyOf(chain, stepOf(chain, name)) === key) tensors[i]?.set(name, output(work.values, key, name))
        }
      })
    }
    for (const key of [...work.values.keys()]) collect(key)

    const order = [...work.plan.values()]
    const lastUse = lastUses(order)
    const meter = progressMeter(order.map(plannedWork), this.durations, context.onProgress)
    const ran: StageReport[] = []
    for (const [index, planned] of order.entries()) {
      await throwIfCancelled(context.signal)
      meter.begin(index)
      const values = await this.#run(planned, work.values)
      work.values.set(planned.key, values)
      noteShapes(work, values)
      collect(planned.key)
      if (planned.step.kind === 'stage') ran.push(report(planned.step, values, false))
      // a sliding run goes through many windows, whose values are too many to hold together
      for (const key of [...work.values.keys()]) if ((lastUse.get(key) ?? -1) <= index) work.values.delete(key)
    }
    return { tensors, stages: summed([...work.reused.values(), ...ran]), shapes: work.shapes }
  }

  /** Adds what a name needs, inputs first; what is kept and not `needed` is only reported. */
  #visit(work: Work, chain: StepChain, name: string, needed: boolean): void {
    const step = stepOf(chain, name)
    const key = keyOf(chain, step)
    const planned = work.plan.get(key)
    if (planned) {
      planned.outputs.add(name)
      return
    }
    const kept = work.values.get(key) ?? this.store.get(key)
    if (kept) noteShapes(work, kept)
    if (kept?.outputs.has(name)) {
      if (needed) work.values.set(key, kept)
      if (step.kind === 'stage') work.reused.set(key, report(step, kept, true))
      for (const input of step.inputs) this.#visit(work, chain, input, false)
      return
    }
    if (!needed) return
    for (const input of step.inputs) this.#visit(work, chain, input, true)
    const outputs = step.outputs.filter((each) => !step.onDemand.includes(each) || kept?.outputs.has(each))
    work.reused.delete(key)
    work.plan.set(key, { chain, step, key, outputs: new Set(outputs).add(name) })
  }

  /** Two callers that need the same step wait for one run of it, or take what the other got meanwhile. */
  #run(planned: PlannedStep, values: ReadonlyMap<string, StepValues>): Promise<StepValues> {
    const names = [...planned.outputs].sort()
    const kept = this.store.get(planned.key)
    if (kept && names.every((name) => kept.outputs.has(name))) return Promise.resolve(kept)
    const id = `${planned.key} ${names.join(' ')}`
    const running = this.#underWay.get(id)
    if (running) return running
    const started = this.#execute(planned, names, values).finally(() => this.#underWay.delete(id))
    this.#underWay.set(id, started)
    return started
  }

  async #execute(
    { chain, step, key }: PlannedStep,
    names: readonly string[],
    values: ReadonlyMap<string, StepValues>
  ): Promise<StepValues> {
    const inputs = new Map(
      step.inputs.map((name) => [name, output(values, keyOf(chain, stepOf(chain, name)), name)] as const)
    )
    const started = performance.now()
    const { outputs, provider, shapes } = await step.run(inputs, names)
    const durationMs = performance.now() - started
    this.durations.record(kindOf(chain, step), durationMs)
    const result = { outputs, provider, durationMs, shapes }
    this.store.set(key, result)
    return result
  }
}

function noteShapes({ shapes }: Work, { outputs, shapes: others = new Map() }: StepValues): void {
  for (const [name, { shape }] of outputs) if (!shapes.has(name)) shapes.set(name, shape)
  for (const [name, shape] of others) if (!shapes.has(name)) shapes.set(name, shape)
}

/** The last place of the plan that needs each key. */
function lastUses(order: readonly PlannedStep[]): Map<string, number> {
  const last = new Map<string, number>()
  for (const [index, { chain, step }] of order.entries()) {
    for (const name of step.inputs) last.set(keyOf(chain, stepOf(chain, name)), index)
  }
  return last
}

function stepOf(chain: StepChain, name: string): Step {
  const step = chain.steps.find(({ outputs }) => outputs.includes(name))
  if (step) return step
  const names = chain.steps.filter(({ kind }) => kind === 'stage').flatMap(({ outputs }) => outputs)
  throw new StudioError('invalid', `This model gives no tensor “${name}”; it gives ${names.join(', ')}.`)
}

const keys = new WeakMap<StepChain, Map<Step, string>>()

function keyOf(chain: StepChain, step: Step): string {
  let known = keys.get(chain)
  if (!known) keys.set(chain, (known = new Map()))
  let key = known.get(step)
  if (key === undefined) {
    const inputs = step.inputs.map((name) => keyOf(chain, stepOf(chain, name)))
    const hash = createHash('sha256')
      .update(JSON.stringify([step.id, step.choices, inputs]))
      .digest('hex')
    key = `${chain.prefix}/${hash}`
    known.set(step, key)
  }
  return key
}

function output(values: ReadonlyMap<string, StepValues>, key: string, name: string): Tensor {
  const tensor = values.get(key)?.outputs.get(name)
  if (!tensor) throw new StudioError('engine', `The stage that should give ${name} did not.`)
  return tensor
}

const kindOf = (chain: StepChain, step: Step): string => `${chain.prefix} ${step.id} ${chain.workload}`

function plannedWork({ chain, step }: PlannedStep): PlannedWork {
  return { step: chain.label ? `${chain.label}: ${step.id}` : step.id, kind: kindOf(chain, step) }
}

function report(step: Step, { provider, durationMs }: StepValues, reused: boolean): StageReport {
  return { id: step.id, provider, durationMs, reused }
}

/** One report a stage, in the order of the first: durations add up, and one that ran once was not reused. */
function summed(reports: readonly StageReport[]): StageReport[] {
  const stages = new Map<string, StageReport>()
  for (const each of reports) {
    const before = stages.get(each.id)
    stages.set(each.id, {
      ...each,
      durationMs: (before?.durationMs ?? 0) + each.durationMs,
      reused: (before?.reused ?? true) && each.reused
    })
  }
  return [...stages.values()]
}
