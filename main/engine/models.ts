import { basename } from 'node:path'
import type { LearnedContexts, ModelId, ModelInfo, OpenModelRequest, Progress } from '#models/api'
import type { Detection, FileStage, TextStage } from '#models/architectures/architecture'
import { isBuilt } from '#models/architectures/graph-stage'
import { detect } from '#models/architectures/index'
import { readCheckpoint } from '#models/checkpoints/index'
import { StudioError } from '#models/errors'
import { BUILDER_VERSION } from '#models/graph/version'
import { classPalette } from '#models/palettes'
import { openFile, type OpenFile } from '../files'
import { COMPANION_MEANINGS, openCompanions, type OpenCompanions } from './companions'
import { FileGraph } from './file-graph'
import { stateOf, type FileHashes } from './file-hash'
import type { MemoryBudget } from './memory-budget'
import { cacheKey, type CompileSource, type ModelCache } from './model-cache'
import { Opened } from './opened'
import type { Providers } from './providers'
import { clipTokenizer } from './resources'
import { StageSessions } from './stage-sessions'
import { TextEncoder } from './text-encoding'

/** CLIP starts its learned temperature here, and every published DenseCLIP keeps it. */
const DEFAULT_TAU = 0.07

/** A checkpoint that is open: what it is, and the sessions that run it. */
export interface OpenModel {
  readonly info: ModelInfo
  readonly detection: Detection
  readonly file: OpenFile
  readonly companions: OpenCompanions
  readonly cacheKey: string
  readonly sessions: StageSessions
  /** undefined for systems without words */
  readonly text: TextEncoder | undefined
}

interface OpenContext {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** The models that are open. */
export class Models {
  readonly #opened = new Opened<ModelId, OpenModel>('model')

  constructor(
    private readonly cache: ModelCache,
    private readonly hashes: FileHashes,
    private readonly providers: Providers,
    private readonly threads: number,
    private readonly budget: MemoryBudget
  ) {}

  /** Throws a StudioError that names the file; nothing stays open then. */
  async open(request: OpenModelRequest, context: OpenContext): Promise<ModelInfo> {
    const { path, overrides = {}, as } = request
    const { signal } = context
    const onShare = (step: string) => (share: number) => context.onProgress?.({ step, share, remainingMs: undefined })
    const file = await openFile(path)
    let own: FileGraph | undefined
    let companions: OpenCompanions | undefined
    let model: OpenModel
    try {
      const state = await stateOf(path)
      companions = await openCompanions(request.companions, this.hashes, signal)
      const checkpoint = await readCheckpoint(file)
      const detection = await detect(checkpoint, overrides, { as, companions: companions.checkpoints })
      if (!detection) throw unknownFamily(file.name, as)
      const hash = await this.hashes.hashOf(path, { signal, onShare: onShare('read') })
      const { system, stages } = detection
      const fileStage = stages.find((stage) => stage.kind === 'file')
      own = fileStage && (await FileGraph.of(path, fileStage, state, this.hashes, { signal }))
      const key = cacheKey({
        hash,
        system,
        overrides,
        builder: BUILDER_VERSION,
        companions: companions.hashes,
        dataFiles: own?.hashes
      })
      const id = `model-${key.slice(0, 16)}` as ModelId
      model = await this.#build(file, { id, path, hash, key, detection, companions, own })
      const source = compileSource(file.name, detection)
      if (isComplete(detection) && source.stages.length > 0) {
        await this.cache.open(key, source, { signal, onShare: onShare('compile') })
      }
    } catch (error) {
      await companions?.close()
      await file.close()
      throw error
    }
    const kept = this.#opened.add(model.info.id, model)
    if (kept === model) {
      const { info, detection, sessions } = model
      const fileBytes = (own?.bytes ?? file.size) + companions.bytes
      await this.budget.add(info.id, { fileBytes, sessions, rare: rareStages(detection) })
    } else {
      await companions.close()
      await file.close()
    }
    return kept.info
  }

  get(id: ModelId): OpenModel {
    return this.#opened.get(id)
  }

  /** The model to run now. Throws a StudioError `unavailable` where it lacks weights or other files. */
  async use(id: ModelId): Promise<OpenModel> {
    const model = this.#opened.get(id)
    const { missing, needs = [] } = model.detection
    if (needs.length > 0) {
      const lacking = needs.map((name) => COMPANION_MEANINGS[name]).join(' and ')
      throw new StudioError('unavailable', `${model.file.name} cannot be run alone: give ${lacking} too.`, {
        file: model.file.name
      })
    }
    if (missing.length > 0) {
      throw new StudioError(
        'unavailable',
        `${model.file.name} cannot be run: it lacks ${missing.length === 1 ? '' : `${missing.length} tensors, first `}${missing[0] ?? ''}.`,
        { file: model.file.name }
      )
    }
    this.budget.use(id)
    return model
  }

  /** True where it is now closed for good. */
  async close(id: ModelId): Promise<boolean> {
    const model = this.#opened.close(id)
    if (!model) return false
    await this.#end(model)
    return true
  }

  async closeAll(): Promise<void> {
    for (const model of this.#opened.clear()) await this.#end(model)
  }

  /** Sessions of every model are made again when they are needed: for another provider. */
  async releaseSessions(): Promise<void> {
    for (const { sessions, text } of this.#opened.values()) {
      text?.forget()
      await sessions.release()
    }
  }

  async #end({ info, cacheKey: key, sessions, file, companions }: OpenModel): Promise<void> {
    this.cache.release(key)
    await sessions.close()
    this.budget.remove(info.id)
    await companions.close()
    await file.close()
  }

  async #build(
    file: OpenFile,
    parts: {
      id: ModelId
      path: string
      hash: string
      key: string
      detection: Detection
      companions: OpenCompanions
      own: FileGraph | undefined
    }
  ): Promise<OpenModel> {
    const { id, key, detection, companions, own } = parts
    const source = compileSource(file.name, detection)
    const compiled = {
      folder: () => this.cache.open(key, source),
      rebuild: async () => {
        await this.cache.discard(key)
        return this.cache.open(key, source)
      },
      own: (stage: string) => (source.stages.some(({ id: compiledId }) => compiledId === stage) ? undefined : own)
    }
    const stage = textStage(detection)
    return {
      info: modelInfo(file, parts),
      detection,
      file,
      companions,
      cacheKey: key,
      sessions: new StageSessions(
        file.name,
        compiled,
        this.providers,
        this.threads,
        this.budget.memoryOf(id, stage?.id)
      ),
      text: stage && new TextEncoder(stage, await clipTokenizer())
    }
  }
}

/** Whether it has all that it takes to be compiled. */
function isComplete({ missing, needs = [] }: Detection): boolean {
  return missing.length === 0 && needs.length === 0
}

function unknownFamily(file: string, as: string | undefined): StudioError {
  if (as !== undefined) {
    return new StudioError('unsupported', `${file} cannot be opened as ${as}: open it as what it is.`, { file })
  }
  return new StudioError(
    'unsupported',
    `${file} is of no model family that is known here; \`denseclip-studio inspect\` lists its tensors all the same.`,
    { file }
  )
}

export function textStage({ stages }: Detection): TextStage | undefined {
  return stages.find((stage) => stage.kind === 'text')
}

/** Stages that run rarely: names are encoded once, attention is for those who look at it. What both gave is kept. */
function rareStages({ stages, tensors }: Detection): ReadonlySet<string> {
  const attention = new Set(tensors.filter(({ kind }) => kind === 'cell-attention').map(({ name }) => name))
  const rare = stages.filter(({ kind, outputs }) => kind === 'text' || outputs.every((name) => attention.has(name)))
  return new Set(rare.map(({ id }) => id))
}

function compileSource(fileName: string, { stages }: Detection): CompileSource {
  return { fileName, stages: stages.filter(isBuilt) }
}

function modelInfo(
  file: OpenFile,
  { id, path, hash, detection }: { id: ModelId; path: string; hash: string; detection: Detection }
): ModelInfo {
  const { system, summary, reason, facts, gamma, preprocess, tensors, prompts, notes, missing, needs } = detection
  const classes = detection.classes ?? []
  const stage = textStage(detection)
  return {
    id,
    path,
    fileName: basename(path),
    fileBytes: file.size,
    hash,
    system,
    summary,
    reason,
    facts,
    classes,
    palette: detection.palette ?? classPalette(classes.length),
    tau: detection.tau ?? DEFAULT_TAU,
    gamma: gamma && gamma.reduce((sum, value) => sum + value, 0) / gamma.length,
    nameTokens: stage && stage.contextLength - 2,
    window: preprocess.window,
    stride: preprocess.stride,
    tensors,
    classBound: classBound(detection),
    prompts,
    learnedContexts: learnedContexts(stage),
    notes,
    missing,
    needs,
    alternatives: detection.alternatives,
    outputs: detection.outputs
  }
}

function learnedContexts(stage: TextStage | undefined): LearnedContexts | undefined {
  if (!stage?.contexts) return undefined
  const { shape } = stage.contexts
  const classes = shape.length > 2 ? shape[0] : undefined
  return { count: shape.at(-2) ?? 0, classes, ofPicture: stage.contextsFrom?.tensor }
}

/** What the stages that were trained for a number of classes give, and what is made of that. */
function classBound({ stages }: Detection): ModelInfo['classBound'] {
  const tensors = new Set<string>()
  let classes: number | undefined
  for (const stage of stages) {
    const count = stage.kind === 'text' ? contextClasses(stage) : stage.classCount
    classes ??= count
    const inputs = stage.kind === 'text' ? [] : stage.inputs
    if (count === undefined && !inputs.some((name) => tensors.has(name))) continue
    for (const name of stage.kind === 'file' ? classTensors(stage) : stage.outputs) tensors.add(name)
  }
  return classes === undefined ? undefined : { classes, tensors: [...tensors] }
}

/** What a file gives of its classes; the rest of it does not depend on what they are called. */
export function classTensors({ values }: FileStage): readonly string[] {
  return values.filter(({ axes }) => axes.includes('class')).map(({ tensor }) => tensor)
}

/** How many classes each have contexts of their own. */
function contextClasses({ contexts }: TextStage): number | undefined {
  return contexts?.shape.length === 3 ? contexts.shape[0] : undefined
}
