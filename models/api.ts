import type { WordMetric } from './analysis/nearest-words'
import type { WeightStatistics } from './analysis/weight-statistics'
import type { CompanionName, Fact, Overrides, PromptSpec, TensorSpec } from './architectures/architecture'
import type { FileOutput } from './architectures/onnx-meanings'
import type { Note } from './checkpoints/checkpoint'
import type { Comparison, Inspection } from './doctor-api'
import type { LabelMap, LabelSource, LossMap, MeanIou, Probe, RgbMap, ScalarMap } from './results-api'
import type { Shape, Tensor } from './tensor'
import type { NearestWords } from './words-api'

/*
 * The contract between the window (or the command line) and the engine that runs models.
 * Only values that structured cloning can carry cross it, so that any transport can (rpc.ts).
 * Every method takes one request object and a CallContext, and throws StudioErrors.
 * Larger answers have files of their own: doctor-api.ts, results-api.ts, words-api.ts.
 */

declare const brand: unique symbol
type Id<Name extends string> = string & { readonly [brand]: Name }
export type ModelId = Id<'model'>
export type PictureId = Id<'picture'>
export type LabelsId = Id<'labels'>
/** One picture through one model with one set of choices; equal choices give the same id. */
export type RunId = Id<'run'>

export interface Progress {
  /** what is being done, as the id of a stage or of a step: 'image_encoder', 'read', 'compile', 'window 3 of 8' */
  readonly step: string
  /** share done, 0..1 */
  readonly share: number
  /** milliseconds left, from how long it took before; undefined where nothing is known */
  readonly remainingMs: number | undefined
}

/** Travels beside a request, never inside it. */
export interface CallContext {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

export type ProviderName = 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml'

export interface ProviderStatus {
  readonly name: ProviderName
  readonly available: boolean
  /** why it is not used: 'not in this build of ONNX Runtime', 'no adapter found', … ; '' where it is */
  readonly reason: string
}

export interface EngineStatus {
  /** which one runs the stages now */
  readonly provider: ProviderName
  /** in the order they were tried */
  readonly providers: readonly ProviderStatus[]
  readonly threads: number
  /** resident memory of the engine's process, in bytes */
  readonly residentBytes: number
  /** tensors kept for views, in bytes */
  readonly tensorBytes: number
  /** compiled models on disk, in bytes, and the limit */
  readonly cacheBytes: number
  readonly cacheLimitBytes: number
}

export interface ModelInfo {
  readonly id: ModelId
  readonly path: string
  readonly fileName: string
  readonly fileBytes: number
  /** SHA-256 of the file, hex */
  readonly hash: string
  readonly system: string
  readonly summary: string
  readonly reason: string
  readonly facts: readonly Fact[]
  /** the checkpoint's own class names, or [] where it has none */
  readonly classes: readonly string[]
  /** 0..255 RGB beside `classes`; made where the checkpoint has none */
  readonly palette: readonly (readonly [number, number, number])[]
  readonly tau: number
  /** mean of the learned γ; undefined where the system has none */
  readonly gamma: number | undefined
  /** how many tokens a class name may have (without start and end); undefined where words cannot be encoded */
  readonly nameTokens: number | undefined
  readonly window: number
  readonly stride: number
  readonly tensors: readonly TensorSpec[]
  /** those that take as many classes as the model was trained for and no others; undefined where all take any list */
  readonly classBound?: { readonly classes: number; readonly tensors: readonly string[] } | undefined
  /** undefined for systems that take none */
  readonly prompts?: PromptSpec | undefined
  /** vectors that stand in the place of words, learned; undefined where there are none */
  readonly learnedContexts?: LearnedContexts | undefined
  readonly notes: readonly Note[]
  readonly missing: readonly string[]
  /** other files without which it is shown but not run: open it again with them */
  readonly needs?: readonly CompanionName[] | undefined
  /** systems that the file can be opened `as`, this one among them; undefined where there is no other */
  readonly alternatives?: readonly string[] | undefined
  /** of a file that is run as it is: everything that it gives, and what each is taken for */
  readonly outputs?: readonly FileOutput[] | undefined
}

export interface LearnedContexts {
  /** P, for one class */
  readonly count: number
  /** of how many classes each has its own; undefined: all classes share them */
  readonly classes: number | undefined
  /** tensor of a run with the contexts of its picture, where they differ from picture to picture */
  readonly ofPicture: string | undefined
}

export interface OpenModelRequest {
  readonly path: string
  readonly overrides?: Overrides | undefined
  /** a system to open the file as, where it can be several: 'maskclip' for a CLIP checkpoint */
  readonly as?: string | undefined
  /** paths of other files that belong to it */
  readonly companions?: Readonly<Partial<Record<CompanionName, string>>> | undefined
}

export interface InspectRequest extends OpenModelRequest {
  /** reads every weight */
  readonly countNotFinite?: boolean | undefined
}

export interface PictureInfo {
  readonly id: PictureId
  readonly path: string
  readonly fileName: string
  readonly hash: string
  /** after EXIF rotation */
  readonly width: number
  readonly height: number
  /** 'JPEG, CMYK, EXIF orientation 6' */
  readonly format: string
  readonly notes: readonly Note[]
}

export interface LabelsInfo {
  readonly id: LabelsId
  readonly path: string
  readonly fileName: string
  readonly width: number
  readonly height: number
  /** pixels of each label index that occurs; 255 is ignored everywhere */
  readonly counts: readonly { readonly label: number; readonly pixels: number }[]
}

/** Whole picture in one pass, or the published sliding window; what a tensor means differs, so it is always said. */
export type Mode =
  { readonly kind: 'whole' } | { readonly kind: 'slide'; readonly window: number; readonly stride: number }

/** How a picture is brought to the model's input. 'published': the model's own test pipeline; 'original': not resized. */
export type Scaling = 'published' | 'original'

/**
 * One set of prompts for SAM, of which masks are made together. Coordinates are pixels of the model's input (see
 * `inputWidth` of a RunInfo), 0 in the middle of the first, as the authors count them.
 */
export interface SamPrompts {
  /** stands in the names of its tensors: low_res_masks_NAME_multi; letters, digits, _ and - */
  readonly name: string
  /** label 1: belongs to the mask, 0: does not */
  readonly points: readonly { readonly x: number; readonly y: number; readonly label: 0 | 1 }[]
  /** left, top, right, bottom */
  readonly box?: readonly [number, number, number, number] | undefined
  /** logits [1, 1, s, s] of the model's `maskSide`, such as low_res_masks of a run before; above 0 is inside */
  readonly mask?: Tensor<'float32'> | undefined
}

export interface RunRequest {
  readonly model: ModelId
  readonly picture: PictureId
  /** class names in order; [] for models without words */
  readonly classes: readonly string[]
  /** γ is multiplied by this: 1 as trained, 0 leaves the words as they were */
  readonly gammaScale: number
  readonly mode: Mode
  readonly scaling: Scaling
  /** with {} for the name, for models that take the mean over templates; CLIP's own where not given */
  readonly templates?: readonly string[] | undefined
  /** for SAM, each set by itself; needs the whole picture in one pass */
  readonly samPrompts?: readonly SamPrompts[] | undefined
  /** tensors to compute now; others of the run are computed when they are asked for */
  readonly want: readonly string[]
}

export interface StageReport {
  readonly id: string
  readonly provider: ProviderName
  /** how long it took when it ran, which for a reused one was before; windows of a sliding run added up */
  readonly durationMs: number
  /** nothing it depends on had changed: kept values were taken */
  readonly reused: boolean
}

/** A rectangle of the model's input, in pixels. */
export interface Rect {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface RunInfo {
  readonly id: RunId
  readonly model: ModelId
  readonly picture: PictureId
  readonly mode: Mode
  readonly classes: readonly string[]
  readonly gammaScale: number
  /** size of the model's input in pixels, after scaling and before padding */
  readonly inputWidth: number
  readonly inputHeight: number
  /** size to which each window is filled up with zeros at the right and below: what the cells of its tensors cover */
  readonly paddedWidth: number
  readonly paddedHeight: number
  /** windows of a sliding run in order; one rectangle of the whole input otherwise */
  readonly windows: readonly Rect[]
  readonly stages: readonly StageReport[]
  /** by name, of every tensor that is computed by now; in a sliding run of the first window, or of all together */
  readonly shapes: Readonly<Record<string, Shape>>
  readonly durationMs: number
}

/**
 * A tensor of a run. In a sliding run `seg_logits_low` and what comes before belong to one window each
 * (`window`, default 0); `seg_logits` and label maps are the average over all windows. Every model with a decoder also
 * gives `seg_logits_original`, resized to the picture, and `label_map`, their argmax.
 */
export interface TensorRef {
  readonly run: RunId
  readonly name: string
  readonly window?: number | undefined
}

/** Features, alone or joined with those of another run on the same picture, both in one pass over the whole. */
export interface FeatureRef extends TensorRef {
  readonly beside?: TensorRef | undefined
}

/** One row per axis: an index fixes it (and drops the axis), null keeps it whole. */
export interface SliceRequest extends TensorRef {
  readonly index: readonly (number | null)[]
}

export interface NearestWordsRequest {
  readonly model: ModelId
  /** how many words for each context */
  readonly count: number
  readonly metric: WordMetric
  /** of a model whose classes have contexts of their own: this class alone, by its index in training */
  readonly classIndex?: number | undefined
  /** the contexts that this run's picture has, of a model where they depend on it; the learned ones where not given */
  readonly run?: RunId | undefined
}

export interface Engine {
  status(request: Record<string, never>, context?: CallContext): Promise<EngineStatus>
  /** Tries this provider for everything that runs from now on; throws where it cannot be used, saying why. */
  useProvider(request: { provider: ProviderName | 'auto' }, context?: CallContext): Promise<EngineStatus>
  clearCache(request: Record<string, never>, context?: CallContext): Promise<EngineStatus>

  openModel(request: OpenModelRequest, context?: CallContext): Promise<ModelInfo>
  closeModel(request: { model: ModelId }, context?: CallContext): Promise<void>
  /** Throws a StudioError `invalid` for an override that cannot be; the setting is its `entry`. */
  inspect(request: InspectRequest, context?: CallContext): Promise<Inspection>
  /** What the values of tensors of a file are like, in order; their names are those of entries of the inspection. */
  weights(
    request: { path: string; names: readonly string[] },
    context?: CallContext
  ): Promise<readonly WeightStatistics[]>
  /** Reads every weight of both. */
  compareCheckpoints(
    request: { first: OpenModelRequest; second: OpenModelRequest },
    context?: CallContext
  ): Promise<Comparison>

  /**
   * A picture file, or a .npy file that goes into models as it is: already normalised, [1, 3, H, W]. `originalSize` is
   * the size that label maps of the latter are to have; its own where not given.
   */
  openPicture(
    request: { path: string; originalSize?: { width: number; height: number } | undefined },
    context?: CallContext
  ): Promise<PictureInfo>
  closePicture(request: { picture: PictureId }, context?: CallContext): Promise<void>
  /** RGBA of the picture, scaled down (never up) so that its long side is at most `maxSide`. */
  picturePixels(
    request: { picture: PictureId; maxSide: number },
    context?: CallContext
  ): Promise<{ width: number; height: number; rgba: Uint8Array<ArrayBuffer> }>

  openLabels(request: { path: string }, context?: CallContext): Promise<LabelsInfo>
  closeLabels(request: { labels: LabelsId }, context?: CallContext): Promise<void>
  /** The label image as indices, resized to `width` × `height` by nearest where its own size differs. */
  labelPixels(request: { labels: LabelsId; width: number; height: number }, context?: CallContext): Promise<LabelMap>

  run(request: RunRequest, context?: CallContext): Promise<RunInfo>
  /** A whole tensor. */
  tensor(request: TensorRef, context?: CallContext): Promise<Tensor>
  slice(request: SliceRequest, context?: CallContext): Promise<Tensor>
  labelMap(request: { run: RunId; from: LabelSource }, context?: CallContext): Promise<LabelMap>
  /** `x`, `y` in pixels of the picture, 0 at the outer edge of the first pixel. Logits only if `logits`. */
  probe(request: { run: RunId; x: number; y: number; logits: boolean }, context?: CallContext): Promise<Probe>
  lossMap(
    request: { run: RunId; labels: LabelsId; from: LabelSource; tau: number },
    context?: CallContext
  ): Promise<LossMap>
  meanIou(request: { run: RunId; labels: LabelsId; from: LabelSource }, context?: CallContext): Promise<MeanIou>
  /**
   * Cosine of one cell's vector to every cell's, for any tensor with channel, row and column axes. With `beside`, cells
   * are those of both tensors joined (models/analysis/joined-features.ts) and the result has their grid, which lies over
   * the picture alone; `row` and `column` are still of the first tensor: compared is the joined cell under its middle.
   */
  similarCells(request: FeatureRef & { row: number; column: number }, context?: CallContext): Promise<ScalarMap>
  /** First three principal components over the cells as red, green and blue; with `beside` of both joined, as above. */
  pcaRgb(request: FeatureRef, context?: CallContext): Promise<RgbMap>
  /** Token ids of a phrase, with start and end, by CLIP's tokenizer. */
  tokenize(request: { text: string }, context?: CallContext): Promise<{ ids: readonly number[] }>
  /** Words of the vocabulary near each learned context. Throws a StudioError `unavailable` where there are none. */
  nearestWords(request: NearestWordsRequest, context?: CallContext): Promise<NearestWords>
}

/** The methods an Engine answers to over a channel; anything else is refused. */
export const ENGINE_METHODS = [
  'status',
  'useProvider',
  'clearCache',
  'openModel',
  'closeModel',
  'inspect',
  'weights',
  'compareCheckpoints',
  'openPicture',
  'closePicture',
  'picturePixels',
  'openLabels',
  'closeLabels',
  'labelPixels',
  'run',
  'tensor',
  'slice',
  'labelMap',
  'probe',
  'lossMap',
  'meanIou',
  'similarCells',
  'pcaRgb',
  'tokenize',
  'nearestWords'
] as const satisfies readonly (keyof Engine)[]
