import { createHash } from 'node:crypto'
import type { CallContext, ModelId, PictureId, RunId, RunInfo, RunRequest, SliceRequest, TensorRef } from '#models/api'
import type { LabelSource } from '#models/results-api'
import { resizeBilinear, type Planes } from '#models/analysis/bilinear'
import { labelMap, type Labels } from '#models/analysis/label-map'
import { StudioError } from '#models/errors'
import type { Size } from '#models/images/preprocess'
import { float32Tensor, toFloat32, type Shape, type Tensor } from '#models/tensor'
import { averageOverWindows, type ClassField } from './class-field'
import { textStage, type Models, type OpenModel } from './models'
import type { Picture, Pictures } from './pictures'
import type { Evaluation, Pipeline, StepChain } from './pipeline'
import { preparedPrompts } from './prompt-steps'
import { promptTemplates } from './resources'
import { inputSize, inputWindow, windowChain, type InputWindow } from './run-steps'
import type { TensorStore } from './tensor-store'
import { sliceOf } from './slice'
import { windowsOf } from './windows'

/** The decoder's logits before they are resized: all that resized ones and label maps are made of. */
const LOW_LOGITS = 'seg_logits_low'
/** The averaged logits of a sliding run; in a whole run a stage of the model gives them. */
const LOGITS = 'seg_logits'

/** What any model with a decoder gives beside its own tensors: the answer at the size of the picture. */
const PICTURE_TENSORS = ['seg_logits_original', 'label_map'] as const

/** The tensor that a label map is made of. */
const sourceOf = (from: LabelSource): string => (from === 'seg_logits' ? LOW_LOGITS : from)

export interface Run {
  readonly id: RunId
  readonly request: RunRequest
  readonly model: OpenModel
  readonly picture: Picture
  readonly input: Size
  readonly windows: readonly InputWindow[]
  readonly chains: readonly StepChain[]
}

/** The runs of open models on open pictures. */
export class Runs {
  readonly #runs = new Map<RunId, Run>()

  constructor(
    private readonly models: Models,
    private readonly pictures: Pictures,
    private readonly pipeline: Pipeline,
    private readonly store: TensorStore
  ) {}

  /** Throws StudioErrors: `invalid` for names and sizes that make no sense, `mismatch`, `too-long`, `cancelled`. */
  async run(request: RunRequest, context: CallContext): Promise<RunInfo> {
    const started = performance.now()
    const run = await this.#start(request)
    const names = new Set(request.want.map((name) => (isFromField(run, name) ? LOW_LOGITS : name)))
    const { stages, shapes } = await this.#evaluate(run, [...names], context)
    const { input, windows } = run
    const padded = windows[0]?.padded ?? input
    return {
      id: run.id,
      model: request.model,
      picture: request.picture,
      mode: request.mode,
      classes: request.classes,
      gammaScale: request.gammaScale,
      inputWidth: input.width,
      inputHeight: input.height,
      paddedWidth: padded.width,
      paddedHeight: padded.height,
      windows: windows.map(({ rect }) => rect),
      stages,
      shapes: { ...Object.fromEntries(shapes), ...shapesOfField(run) },
      durationMs: performance.now() - started
    }
  }

  /** Throws a StudioError `invalid` where there was no such run, or its model or picture is closed. */
  get(id: RunId): Run {
    const run = this.#runs.get(id)
    if (run) return run
    throw new StudioError('invalid', 'This run is not known (any more): run the model again.')
  }

  /** Forgets the runs of a model or a picture that was closed. */
  drop(closed: ModelId | PictureId): void {
    for (const [id, { request }] of this.#runs) {
      if (request.model === closed || request.picture === closed) this.#runs.delete(id)
    }
  }

  /** A tensor of a run; its values are kept here and not to be changed. */
  async tensor({ run: id, name, window }: TensorRef, context: CallContext): Promise<Tensor> {
    const run = this.get(id)
    if (window === undefined && isFromField(run, name)) return this.#fromField(run, name, context)
    return this.windowTensor(run, name, window ?? 0, context)
  }

  /** A part of a tensor, as a copy. Logits of one class are resized alone: those of all may take a gigabyte. */
  async slice({ index, ...ref }: SliceRequest, context: CallContext): Promise<Tensor> {
    const run = this.get(ref.run)
    const [batch = null, classIndex = null, row = null, column = null] = index
    const [window] = run.windows
    const isResized = ref.name === LOGITS && run.request.mode.kind === 'whole' && gives(run, LOW_LOGITS)
    if (!isResized || !window || classIndex === null || index.length !== 4) {
      return sliceOf(await this.tensor(ref, context), index)
    }
    const low = sliceOf(await this.windowTensor(run, LOW_LOGITS, 0, context), [batch, classIndex, null, null])
    const [rows = 0, columns = 0] = low.shape.slice(-2)
    const { width, height } = window.padded
    const data = resizeBilinear({ data: toFloat32(low).data, planes: 1, rows, columns }, height, width)
    const whole: Tensor = { dtype: 'float32', shape: [...low.shape.slice(0, -2), height, width], data }
    return sliceOf(whole, [...(batch === null ? [null] : []), row, column])
  }

  async windowTensor(run: Run, name: string, window: number, context: CallContext): Promise<Tensor> {
    const chain = run.chains[window]
    if (!chain) {
      throw new StudioError('invalid', `There is no window ${window} in this run: it has ${run.chains.length}.`)
    }
    await this.models.use(run.request.model)
    const { tensors } = await this.pipeline.evaluate([{ chain, names: [name] }], context)
    const tensor = tensors[0]?.get(name)
    if (!tensor) throw new StudioError('engine', `The tensor ${name} was not computed.`)
    return tensor
  }

  /** The scores of every window. Throws a StudioError `unavailable` where the model has none. */
  async field(run: Run, from: LabelSource, context: CallContext): Promise<ClassField> {
    const name = sourceOf(from)
    if (!gives(run, name)) {
      const what = from === 'seg_logits' ? 'no decoder' : `no ${from}`
      throw new StudioError('unavailable', `${run.model.file.name} has ${what}: choose another answer.`)
    }
    await this.models.use(run.request.model)
    const wanted = run.chains.map((chain) => ({ chain, names: [name] }))
    const { tensors } = await this.pipeline.evaluate(wanted, context)
    const windows = run.windows.map((window, i) => {
      const tensor = tensors[i]?.get(name)
      if (!tensor) throw new StudioError('engine', `The tensor ${name} was not computed.`)
      return { ...window, scores: planesOf(tensor) }
    })
    return { input: run.input, windows }
  }

  /** Scores of which one bilinear resize to the picture is the answer. */
  async planes(run: Run, from: LabelSource, context: CallContext): Promise<Planes> {
    const field = await this.field(run, from, context)
    const scores = wholeScores(field)
    const { width, height } = run.picture.info
    // the published pipeline resizes logits to the input and then to the picture; score maps have no such history
    const inOneStep = from !== 'seg_logits' || (field.input.width === width && field.input.height === height)
    return scores && inOneStep ? scores : planesOf(this.#average(run, from, field))
  }

  /** The winning class of every pixel of the picture. */
  async labels(run: Run, from: LabelSource, context: CallContext): Promise<Labels> {
    const { width, height } = run.picture.info
    const field = await this.field(run, from, context)
    const scores = wholeScores(field)
    if (!scores) return labelMap(planesOf(this.#average(run, from, field)), height, width)
    return labelMap(scores, height, width, from === 'seg_logits' ? field.input : undefined)
  }

  async #start(request: RunRequest): Promise<Run> {
    const model = await this.models.use(request.model)
    const picture = this.pictures.get(request.picture)
    const { classes, gammaScale, mode, scaling, samPrompts = [] } = request
    if (!Number.isFinite(gammaScale)) throw new StudioError('invalid', `γ cannot be multiplied by ${gammaScale}.`)
    const prompts = preparedPrompts(model, mode, samPrompts)
    const templates = await templatesFor(model, request)
    const asked = [request.model, request.picture, classes, gammaScale, mode, scaling, templates]
    const choices = JSON.stringify([...asked, ...prompts.map((set) => [set.name, set.choices])])
    const id = `run-${createHash('sha256').update(choices).digest('hex').slice(0, 24)}` as RunId
    const known = this.#runs.get(id)
    if (known) return known
    const input = inputSize(model, picture, request)
    const windows = windowsOf(mode, input).map((rect) => inputWindow(model, rect))
    const parts = { model, picture, input, classes, gammaScale, templates, prompts }
    const chains = windows.map((window, i) =>
      windowChain(parts, window, windows.length > 1 ? `window ${i + 1} of ${windows.length}` : '')
    )
    const run = { id, request, model, picture, input, windows, chains }
    this.#runs.set(id, run)
    return run
  }

  async #evaluate(run: Run, names: readonly string[], context: CallContext): Promise<Evaluation> {
    return this.pipeline.evaluate(
      run.chains.map((chain) => ({ chain, names })),
      context
    )
  }

  async #fromField(run: Run, name: string, context: CallContext): Promise<Tensor> {
    const { width, height } = run.picture.info
    if (name === 'label_map') {
      const { labels, counts } = await this.labels(run, 'seg_logits', context)
      const shape = [height, width]
      return counts.length > 256
        ? { dtype: 'uint16', shape, data: labels }
        : { dtype: 'uint8', shape, data: Uint8Array.from(labels) }
    }
    const averaged = this.#average(run, 'seg_logits', await this.field(run, 'seg_logits', context))
    if (name === LOGITS) return averaged
    const planes = planesOf(averaged)
    return float32Tensor([1, planes.planes, height, width], resizeBilinear(planes, height, width))
  }

  /** The field at the size of the input, kept: label maps, losses and probes ask for it again and again. */
  #average(run: Run, from: LabelSource, field: ClassField): Tensor<'float32'> {
    const key = `${run.model.info.id}/${run.id}/${from}`
    const kept = this.store.get(key)?.outputs.get(from)
    if (kept?.dtype === 'float32') return kept
    const started = performance.now()
    const tensor = averageOverWindows(field)
    const durationMs = performance.now() - started
    this.store.set(key, { outputs: new Map([[from, tensor]]), provider: 'cpu', durationMs })
    return tensor
  }
}

/** What names are put into. Throws a StudioError `unavailable` where the model takes names as they are. */
async function templatesFor(model: OpenModel, { templates }: RunRequest): Promise<readonly string[] | undefined> {
  const takesThem = textStage(model.detection)?.ensemble === 'templates'
  if (!takesThem && templates !== undefined) {
    throw new StudioError('unavailable', `${model.file.name} puts names into no templates: leave them out.`, {
      file: model.file.name
    })
  }
  if (templates?.length === 0) throw new StudioError('invalid', 'Give at least one template.')
  return takesThem ? (templates ?? (await promptTemplates())) : undefined
}

/** Whether any stage of the model gives this tensor. */
export function gives({ model }: Run, name: string): boolean {
  return model.detection.stages.some(({ outputs }) => outputs.some((output) => output === name))
}

/** Whether there is a decoder, and it takes this many classes. */
export function canGiveLogits(run: Run): boolean {
  const classes = run.request.classes.length
  return (
    gives(run, LOW_LOGITS) &&
    run.model.detection.stages.every(
      (stage) => stage.kind === 'text' || stage.classCount === undefined || stage.classCount === classes
    )
  )
}

/** Names whose values belong to all windows together. */
function isFromField(run: Run, name: string): boolean {
  if (!gives(run, LOW_LOGITS)) return false
  const isAveraged = name === LOGITS && run.request.mode.kind === 'slide'
  return isAveraged || PICTURE_TENSORS.some((each) => each === name)
}

/** The scores of a field that one window makes up without any padding. */
function wholeScores({ input, windows }: ClassField): Planes | undefined {
  const [window] = windows
  const isPlain = window?.padded.width === input.width && window.padded.height === input.height
  return window && windows.length === 1 && isPlain ? window.scores : undefined
}

/** The shape of what is made of all windows together, which no stage tells. */
function shapesOfField(run: Run): Record<string, Shape> {
  const { input, request } = run
  if (!isFromField(run, LOGITS) || !canGiveLogits(run)) return {}
  return { [LOGITS]: [1, request.classes.length, input.height, input.width] }
}

/** [1, classes, rows, columns] as planes. */
function planesOf(tensor: Tensor): Planes {
  const [, planes = 0, rows = 0, columns = 0] = tensor.shape
  return { data: toFloat32(tensor).data, planes, rows, columns }
}
