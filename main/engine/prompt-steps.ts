import { createHash } from 'node:crypto'
import type { Mode, SamPrompts } from '#models/api'
import { promptedName } from '#models/architectures/prompted'
import { StudioError } from '#models/errors'
import { float32Tensor, type Tensor } from '#models/tensor'
import type { OpenModel } from './models'
import type { Step } from './pipeline'

/*
 * Sets of prompts as steps: each becomes what SAM's prompt encoder takes, and the stages behind it run once a set, under
 * names with the set's.
 */

const LABELS = { noPoint: -1, firstCorner: 2, secondCorner: 3 } as const

/** The host's inputs of a set, which its stages find under names with the set's. */
const HOST_INPUTS = ['point_coords', 'point_labels', 'mask_input', 'has_mask']

export interface PromptSet {
  readonly name: string
  /** everything that its masks depend on, as text */
  readonly choices: string
  /** by the names of HOST_INPUTS */
  readonly inputs: ReadonlyMap<string, Tensor>
  /** what carries the name of the set: HOST_INPUTS and the tensors that its stages give */
  readonly own: ReadonlySet<string>
}

/**
 * Checks the sets and makes the inputs of each. Throws a StudioError: `unavailable` where the model takes no prompts,
 * `invalid` for sets that make no sense, `mismatch` for a mask of another size.
 */
export function preparedPrompts(model: OpenModel, mode: Mode, sets: readonly SamPrompts[]): PromptSet[] {
  if (sets.length === 0) return []
  const { prompts } = model.detection
  if (!prompts) {
    throw new StudioError('unavailable', `${model.file.name} takes no points, boxes or masks: leave the prompts out.`, {
      file: model.file.name
    })
  }
  if (mode.kind === 'slide') {
    throw new StudioError('invalid', 'Prompts are for the whole picture in one pass: leave the sliding windows out.')
  }
  const names = new Set<string>()
  const own = new Set([...HOST_INPUTS, ...prompts.tensors.map((spec) => spec.name)])
  return sets.map((set) => {
    if (!/^[\w-]+$/.test(set.name) || names.has(set.name)) {
      throw new StudioError(
        'invalid',
        `“${set.name}” cannot name a set of prompts: names are of letters, digits, _ and -, each of its own.`
      )
    }
    names.add(set.name)
    return { name: set.name, choices: choicesOf(set), inputs: inputsOf(set, prompts.maskSide), own }
  })
}

function choicesOf({ points, box, mask }: SamPrompts): string {
  const hash = mask && createHash('sha256').update(mask.data).digest('hex')
  return JSON.stringify([points.map(({ x, y, label }) => [x, y, label]), box, mask?.shape, hash])
}

/** Points with labels: without a box the authors add one that is none, and a box is two with labels of their own. */
function inputsOf({ name, points, box, mask }: SamPrompts, maskSide: number): Map<string, Tensor> {
  const maskShape = [1, 1, maskSide, maskSide]
  if (mask && String(mask.shape) !== String(maskShape)) {
    throw new StudioError(
      'mismatch',
      `The mask of “${name}” has shape [${mask.shape.join(', ')}], and this model takes [${maskShape.join(', ')}].`
    )
  }
  const given = points.map(({ x, y, label }) => ({ x, y, label: Number(label) }))
  if (box) {
    const [left, top, right, bottom] = box
    given.push({ x: left, y: top, label: LABELS.firstCorner }, { x: right, y: bottom, label: LABELS.secondCorner })
  } else if (points.length > 0) {
    given.push({ x: 0, y: 0, label: LABELS.noPoint })
  }
  if (given.length === 0 && !mask) throw new StudioError('invalid', `The set of prompts “${name}” is empty.`)
  const numbers = given.flatMap(({ x, y }) => [x, y])
  if (!numbers.every(Number.isFinite)) throw new StudioError('invalid', `A coordinate of “${name}” is no number.`)
  return new Map<string, Tensor>([
    ['point_coords', float32Tensor([given.length, 2], Float32Array.from(numbers))],
    [
      'point_labels',
      { dtype: 'int64', shape: [given.length], data: BigInt64Array.from(given, ({ label }) => BigInt(label)) }
    ],
    ['mask_input', mask ?? float32Tensor(maskShape)],
    ['has_mask', { dtype: 'bool', shape: [1], data: Uint8Array.of(mask ? 1 : 0) }]
  ])
}

export function promptSource({ name, choices, inputs }: PromptSet): Step {
  const outputs = new Map(Array.from(inputs, ([input, tensor]) => [promptedName(input, name), tensor]))
  return {
    id: `prompts ${name}`,
    kind: 'source',
    inputs: [],
    outputs: [...outputs.keys()],
    onDemand: [],
    choices,
    run: () => Promise.resolve({ outputs, provider: 'cpu' })
  }
}

/** A step for one set: what carries the set's name outside carries none inside. */
export function promptedStep(step: Step, { name, own }: PromptSet): Step {
  const outside = (inside: string) => (own.has(inside) ? promptedName(inside, name) : inside)
  const insides = new Map([...step.inputs, ...step.outputs].map((inside) => [outside(inside), inside]))
  const inside = (name: string) => insides.get(name) ?? name
  return {
    ...step,
    inputs: step.inputs.map(outside),
    outputs: step.outputs.map(outside),
    async run(inputs, outputs) {
      const renamed = new Map(Array.from(inputs, ([each, tensor]) => [inside(each), tensor]))
      const { outputs: results, provider } = await step.run(renamed, outputs.map(inside))
      return { outputs: new Map(Array.from(results, ([each, tensor]) => [outside(each), tensor])), provider }
    }
  }
}
