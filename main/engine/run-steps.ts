import type { Rect, RunRequest } from '#models/api'
import type { FileStage, GraphStage, TextStage } from '#models/architectures/architecture'
import { StudioError } from '#models/errors'
import { resizeRgbAntialiased } from '#models/images/antialias'
import { normalise, resizeRgb, targetSize, type Size } from '#models/images/preprocess'
import { float32Tensor, type Tensor } from '#models/tensor'
import { classTensors, type OpenModel } from './models'
import type { Picture } from './pictures'
import type { Step, StepChain, StepResult } from './pipeline'
import type { RunText } from './text-encoding'
import { promptedStep, promptSource, type PromptSet } from './prompt-steps'

/*
 * A run as steps: the picture and the choices become what the first stages take, and every stage of the model follows.
 */

/** Cells whose attention to one another is taken along with the other outputs; beyond it only on demand. */
const ATTENTION_PIXELS = 1024 * 1024

/** The part of the input that one pass sees, and its size with the zeros that fill it up. */
export interface InputWindow {
  readonly rect: Rect
  readonly padded: Size
}

/** Size of the model's input, before padding. */
export function inputSize(
  model: OpenModel,
  picture: Picture,
  { scaling, mode }: Pick<RunRequest, 'scaling' | 'mode'>
): Size {
  if (picture.normalised) {
    const [, , height = 0, width = 0] = picture.normalised.shape
    return { width, height }
  }
  const { width, height } = picture.image
  const { exactSize } = model.detection.preprocess
  // squares can slide over a picture that keeps its ratio; anything else has to be stretched
  const slides = mode.kind === 'slide' && exactSize?.width === exactSize?.height
  if (exactSize && !slides) return exactSize
  if (!exactSize && scaling === 'original') return { width, height }
  const { shortSide, maxLongSide } = model.detection.preprocess
  return targetSize({ width, height }, shortSide, maxLongSide)
}

export function inputWindow(model: OpenModel, rect: Rect): InputWindow {
  const multiple = model.detection.preprocess.padToMultipleOf ?? 1
  const fill = (side: number): number => Math.ceil(side / multiple) * multiple
  return { rect, padded: { width: fill(rect.width), height: fill(rect.height) } }
}

export interface RunParts {
  readonly model: OpenModel
  readonly picture: Picture
  readonly input: Size
  readonly classes: readonly string[]
  readonly gammaScale: number
  /** undefined: names go into the text encoder as they are */
  readonly templates: readonly string[] | undefined
  readonly prompts: readonly PromptSet[]
}

/** The chain of one window. Steps that are the same in every window get the same key, and so run once. */
export function windowChain(parts: RunParts, window: InputWindow, label: string): StepChain {
  const { model, classes, prompts } = parts
  const stages = model.detection.stages.flatMap((stage) => {
    if (stage.kind === 'text') return [textStep(parts, stage)]
    if (stage.kind === 'file') return [fileStep(parts, stage)]
    const step = graphStep(parts, stage, window)
    return stage.perPrompts ? prompts.map((set) => promptedStep(step, set)) : [step]
  })
  const steps = [
    ...pictureSteps(parts, window),
    sizeStep(window),
    ...gammaSteps(parts),
    ...tokenSteps(parts),
    ...prompts.map(promptSource),
    ...stages
  ]
  const { width, height } = window.padded
  return { prefix: model.info.id, label, workload: `${width} × ${height}, ${classes.length} classes`, steps }
}

function source(
  part: Pick<Step, 'id' | 'choices'> & { inputs?: readonly string[] },
  compute: (inputs: ReadonlyMap<string, Tensor>) => Tensor
): Step {
  const { id, choices, inputs = [] } = part
  const run = async (values: ReadonlyMap<string, Tensor>): Promise<StepResult> => ({
    outputs: new Map([[id, compute(values)]]),
    provider: 'cpu'
  })
  return { id, kind: 'source', inputs, outputs: [id], onDemand: [], choices, run }
}

/** `image` [1, 3, H, W]: the window cut out of the scaled picture, normalised, padded. */
function pictureSteps({ model, picture, input }: RunParts, { rect, padded }: InputWindow): Step[] {
  const { normalised } = picture
  const where = JSON.stringify([rect, padded])
  if (normalised) {
    return [source({ id: 'image', choices: `${picture.info.id} ${where}` }, () => cut(normalised, rect, padded))]
  }
  const { mean, std, padToMultipleOf, resize } = model.detection.preprocess
  const resized = resize === 'pillow' ? resizeRgbAntialiased : resizeRgb
  const scaled = source({ id: 'scaled_picture', choices: `${picture.info.id} ${JSON.stringify(input)}` }, () => ({
    dtype: 'uint8',
    shape: [input.height, input.width, 3],
    data: new Uint8Array(resized(picture.image, input).rgb)
  }))
  const image = source({ id: 'image', choices: where, inputs: ['scaled_picture'] }, (inputs) => {
    const pixels = inputs.get('scaled_picture')
    if (pixels?.dtype !== 'uint8') throw new StudioError('engine', 'The scaled picture is missing.')
    return normalise(cutRgb(pixels.data, input.width, rect), mean, std, padToMultipleOf)
  })
  return [scaled, image]
}

function cutRgb(rgb: Uint8Array, width: number, rect: Rect): { width: number; height: number; rgb: Uint8Array } {
  if (rect.width === width) {
    return { width, height: rect.height, rgb: rgb.subarray(rect.y * width * 3, (rect.y + rect.height) * width * 3) }
  }
  const part = new Uint8Array(rect.width * rect.height * 3)
  for (let y = 0; y < rect.height; y++) {
    const start = ((rect.y + y) * width + rect.x) * 3
    part.set(rgb.subarray(start, start + rect.width * 3), y * rect.width * 3)
  }
  return { width: rect.width, height: rect.height, rgb: part }
}

/** The rectangle at the top left of zeros. */
function cut({ data, shape }: Tensor<'float32'>, rect: Rect, padded: Size): Tensor<'float32'> {
  const [, channels = 0, height = 0, width = 0] = shape
  const part = float32Tensor([1, channels, padded.height, padded.width])
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < rect.height; y++) {
      const start = (channel * height + rect.y + y) * width + rect.x
      part.data.set(data.subarray(start, start + rect.width), (channel * padded.height + y) * padded.width)
    }
  }
  return part
}

function sizeStep({ padded: { width, height } }: InputWindow): Step {
  return source({ id: 'input_size', choices: `${height} ${width}` }, () => ({
    dtype: 'int64',
    shape: [2],
    data: BigInt64Array.of(BigInt(height), BigInt(width))
  }))
}

function gammaSteps({ model, gammaScale }: RunParts): Step[] {
  const { gamma } = model.detection
  if (!gamma) return []
  return [
    source({ id: 'gamma', choices: String(gammaScale) }, () =>
      float32Tensor(
        [gamma.length],
        Float32Array.from(gamma, (value) => value * gammaScale)
      )
    )
  ]
}

function tokenSteps({ model, classes }: RunParts): Step[] {
  const { text } = model
  if (!text) return []
  return [source({ id: 'token_ids', choices: JSON.stringify(classes) }, () => text.tokenIds(named(classes)))]
}

function named(classes: readonly string[]): readonly string[] {
  if (classes.length > 0) return classes
  throw new StudioError('invalid', 'This model compares the picture with words: give at least one class name.')
}

function textStep({ model, classes, templates }: RunParts, stage: TextStage): Step {
  return {
    id: stage.id,
    kind: 'stage',
    inputs: stage.contextsFrom ? [stage.contextsFrom.tensor] : [],
    outputs: stage.outputs,
    onDemand: [],
    choices: JSON.stringify([classes, templates]),
    async run(inputs) {
      const [name] = stage.outputs
      const contexts = stage.contextsFrom && inputs.get(stage.contextsFrom.tensor)
      const encode: RunText = async (packed) => {
        const { outputs, provider } = await model.sessions.run(stage.id, packed, [name])
        const embedding = outputs.get(name)
        if (!embedding) throw new StudioError('engine', 'The text encoder gave no embedding.')
        return { embedding, provider }
      }
      const embedded = await model.text?.embed(named(classes), encode, { templates, contexts })
      if (!embedded) throw new StudioError('unavailable', 'This model has no text encoder.')
      return { outputs: new Map([[name, embedded.embedding]]), provider: embedded.provider }
    }
  }
}

/**
 * Outputs of a stage that are computed only where somebody asks for them: feature maps that no other stage takes (moving
 * p1..p4 out of the runtime costs a fourteenth of neck and head), and attention among very many cells.
 */
function onDemandOutputs({ detection }: OpenModel, stage: GraphStage, { width, height }: Size): string[] {
  const { stages, tensors } = detection
  const taken = new Set(stages.flatMap((each) => (each.kind === 'text' ? [] : each.inputs)))
  const kindOf = new Map(tensors.map(({ name, kind }) => [name, kind]))
  return stage.outputs.filter((name) => {
    const kind = kindOf.get(name)
    if (kind === 'cell-attention') return width * height > ATTENTION_PIXELS
    return kind === 'feature-map' && !taken.has(name)
  })
}

/** All that the file gives comes of one pass, but what is of other classes than those that are given. */
function fileStep({ model, classes }: RunParts, stage: FileStage): Step {
  const { classCount } = stage
  const fits = classCount === undefined || classCount === classes.length
  const { file, sessions } = model
  return {
    id: stage.id,
    kind: 'stage',
    inputs: stage.inputs,
    outputs: stage.outputs,
    onDemand: fits ? [] : classTensors(stage),
    choices: fits ? '' : 'other classes',
    async run(inputs, outputs) {
      if (!fits && classTensors(stage).some((name) => outputs.includes(name))) {
        throw new StudioError(
          'mismatch',
          `${file.name}: its outputs are for ${classCount} classes and ${classes.length} are given; give a list of ${classCount} names.`,
          { file: file.name, entry: stage.id }
        )
      }
      return sessions.run(stage.id, inputs, outputs)
    }
  }
}

function graphStep({ model, classes }: RunParts, stage: GraphStage, { padded }: InputWindow): Step {
  return {
    id: stage.id,
    kind: 'stage',
    inputs: stage.inputs,
    outputs: stage.outputs,
    onDemand: onDemandOutputs(model, stage, padded),
    choices: '',
    async run(inputs, outputs) {
      const { classCount } = stage
      if (classCount !== undefined && classCount !== classes.length) {
        throw new StudioError(
          'mismatch',
          `${model.file.name}: its decoder was trained for ${classCount} classes and ${classes.length} are given; use a list of ${classCount}, or look at the score map, which takes any.`,
          { file: model.file.name, entry: stage.id }
        )
      }
      return model.sessions.run(stage.id, inputs, outputs)
    }
  }
}
