import type { Checkpoint, Note, StoredGraph, StoredValue } from '../checkpoints/checkpoint'
import { quoted } from '../checkpoints/fault'
import { isPlainDict, isPlainList } from '../checkpoints/plain'
import { parsePythonLiteral } from '../checkpoints/python-literal'
import { StudioError } from '../errors'
import type { Architecture, Detection, FileStage, Overrides, Preprocess, TensorSpec } from './architecture'
import { upsampleStage } from './decoder-stages'
import { Facts } from './facts'
import {
  classSize,
  guessedMeaning,
  meaningsFor,
  SINGULAR,
  tensorFor,
  type FileOutput,
  type OutputMeaning
} from './onnx-meanings'
import { CLIP_NORMALIZATION, IMAGENET_NORMALIZATION } from './preprocess'

/** Where pictures of any size go in: the sizes of the published segmentation models. */
const SHORT_SIDE = 512
const MAX_LONG_SIDE = 2048
/** Stride of the coarsest features of most trunks. */
const MULTIPLE = 32

/** Operators that ONNX Runtime brings along; others would need a library of the file's own, which is never loaded. */
const KNOWN_DOMAINS = ['ai.onnx.ml', 'ai.onnx.preview.training', 'com.microsoft', 'com.microsoft.nchwc']

const NORMALIZATIONS = {
  clip: CLIP_NORMALIZATION,
  imagenet: IMAGENET_NORMALIZATION,
  '0..1': { mean: [0, 0, 0], std: [255, 255, 255] },
  '0..255': { mean: [0, 0, 0], std: [1, 1, 1] }
} as const satisfies Record<string, Pick<Preprocess, 'mean' | 'std'>>

/**
 * An ONNX model that is run as it is: the file itself is the one stage. What its outputs mean is told by their names and
 * shapes where these make it sure, and by the user (`output:NAME`) where they don't.
 */
export const onnxFile = {
  name: 'onnx',
  detect(checkpoint: Checkpoint, overrides: Overrides): Promise<Detection | undefined> {
    const { graph, source } = checkpoint
    if (!graph || graph.nodeCount === 0) return Promise.resolve(undefined)
    checkOperators(graph, source.name)
    checkDataFiles(graph, source.name)
    const input = pictureInput(graph, source.name)
    const facts = new Facts(overrides, source.name)
    const chosen = chooseMeanings(graph.outputs, facts)
    const names = classNames(graph.metadata)
    const { meanings, classCount } = withClasses(chosen, names, facts, source.name)
    const { outputs, tensors, stage } = mapped(graph, input, meanings, classCount)
    const preprocess = preprocessOf(input, [...meanings.values()], facts)
    const hasLogits = tensors.some(({ name }) => name === 'seg_logits_low')
    return Promise.resolve({
      system: 'onnx',
      summary: `ONNX graph, ${graph.nodeCount} operators, picture ${shapeText(input)}`,
      reason: 'It holds a graph of operators beside its weights, and is run as it is.',
      facts: facts.list,
      classes: classCount === undefined ? undefined : named(classCount, names),
      palette: undefined,
      gamma: undefined,
      tau: undefined,
      preprocess,
      tensors: hasLogits && classCount !== undefined ? [...tensors, WHOLE_LOGITS] : tensors,
      stages: hasLogits && classCount !== undefined ? [stage, upsampleStage(classCount)] : [stage],
      outputs,
      missing: [],
      unexpected: [],
      notes: [...notesOf(outputs, preprocess, classCount, names), ...facts.unusedOverrides()]
    })
  }
} satisfies Architecture

const WHOLE_LOGITS: TensorSpec = {
  name: 'seg_logits',
  kind: 'logits',
  axes: ['batch', 'class', 'row', 'column'],
  unit: 'logit',
  meaning: 'logits resized to the size of the input'
}

function unsupported(file: string, problem: string, remedy: string): StudioError {
  return new StudioError('unsupported', `${file}: ${problem}. ${remedy}`, { file })
}

function checkOperators({ operators }: StoredGraph, file: string): void {
  const foreign = operators.find(
    (name) => name.includes('.') && !KNOWN_DOMAINS.some((domain) => name.startsWith(`${domain}.`))
  )
  if (foreign === undefined) return
  const remedy = 'Export it with operators of ONNX alone: no library of operators is loaded here.'
  throw unsupported(file, `its operator ${quoted(foreign)} belongs neither to ONNX nor to ONNX Runtime`, remedy)
}

function checkDataFiles({ dataFiles }: StoredGraph, file: string): void {
  const elsewhere = dataFiles.find((name) => /[/\\:]/.test(name))
  if (elsewhere === undefined) return
  throw new StudioError(
    'path',
    `${file}: its weights lie at ${quoted(elsewhere)}, and only a file in the same folder is read. Save the model with its weights inside.`,
    { file }
  )
}

interface PictureInput {
  readonly name: string
  readonly dtype: 'float32' | 'float16'
  readonly shape: readonly (number | string)[]
}

/** The one input, which takes a picture. Throws a StudioError `unsupported` for graphs that take anything else. */
function pictureInput({ inputs }: StoredGraph, file: string): PictureInput {
  const remedy = 'Export the part of the model that takes one picture, [1, 3, height, width], and nothing else.'
  const [input] = inputs
  if (!input || inputs.length > 1) {
    const list = inputs.map(({ name }) => quoted(name)).join(', ')
    const text = inputs.some(({ dtype }) => dtype === 'int64' || dtype === 'int32')
    const reason = text ? ', and tokens of a text are not put into foreign graphs' : ''
    throw unsupported(file, input ? `it takes ${inputs.length} inputs, ${list}${reason}` : 'it takes no input', remedy)
  }
  const { name, dtype, shape } = input
  const [batch, channels, height, width] = shape ?? []
  const isPicture = shape?.length === 4 && (channels === 3 || typeof channels === 'string')
  if (!isPicture || (typeof batch === 'number' && batch !== 1) || (width === 3 && height !== 3)) {
    throw unsupported(file, `its input ${quoted(name)} is ${shapeText(input)}, which is no picture`, remedy)
  }
  if (dtype !== 'float32' && dtype !== 'float16') {
    throw unsupported(file, `its input ${quoted(name)} takes ${dtype ?? 'an unknown type'}, not float32`, remedy)
  }
  return { name, dtype, shape }
}

function shapeText({ shape }: Pick<StoredValue, 'shape'>): string {
  return shape ? `[${shape.map((size) => (size === '' ? '?' : size)).join(', ')}]` : 'of an unknown shape'
}

interface Chosen {
  readonly meanings: Map<StoredValue, OutputMeaning>
  readonly byUser: ReadonlySet<StoredValue>
}

function chooseMeanings(outputs: readonly StoredValue[], facts: Facts): Chosen {
  const meanings = new Map<StoredValue, OutputMeaning>()
  const byUser = new Set<StoredValue>()
  for (const output of outputs) {
    const guess = guessedMeaning(output)
    const allowed = meaningsFor(output)
    const key = `output:${output.name}`
    meanings.set(output, facts.oneOf(key, [guess, ...allowed.filter((meaning) => meaning !== guess)], 'shape'))
    if (facts.list.at(-1)?.source === 'user') byUser.add(output)
  }
  return { meanings, byUser }
}

/**
 * The meanings with one number of classes for all: what the user says is held to, and guesses give way. Throws a
 * StudioError where the user's own words contradict each other, or the number is nowhere said.
 */
function withClasses(
  { meanings, byUser }: Chosen,
  names: readonly string[] | undefined,
  facts: Facts,
  file: string
): { meanings: ReadonlyMap<StoredValue, OutputMeaning>; classCount: number | undefined } {
  const usersFirst = [...meanings].sort(([a], [b]) => Number(byUser.has(b)) - Number(byUser.has(a)))
  const fallback = (output: StoredValue): OutputMeaning =>
    (({ 4: 'feature-map', 2: 'picture-embedding' }) as const)[output.shape?.length ?? 0] ?? 'ignore'
  const found = new Map<OutputMeaning, StoredValue>()
  let classCount: number | undefined
  let asked: number | undefined
  const openCount = (): number | undefined => (asked ??= facts.openCount('classes', names?.length))
  for (const [output, meaning] of usersFirst) {
    const size = classSize(meaning, output.shape)
    if (size === undefined) continue
    const count = typeof size === 'number' ? size : (classCount ?? openCount())
    const twin = SINGULAR.includes(meaning) ? found.get(meaning) : undefined
    const problem = twin
      ? `the outputs ${quoted(twin.name)} and ${quoted(output.name)} are both taken for the ${meaning}: choose one`
      : count === undefined
        ? `the number of classes of ${quoted(output.name)} is not in the file: set \`classes\` to it`
        : classCount !== undefined && count !== classCount
          ? `${quoted(output.name)} has ${count} classes and another output ${classCount}: take one for something else`
          : undefined
    if (problem === undefined) {
      found.set(meaning, output)
      classCount ??= count
    } else if (byUser.has(output)) throw new StudioError('invalid', `${file}: ${problem}.`, { file })
    else meanings.set(output, fallback(output))
  }
  return { meanings, classCount }
}

function mapped(
  graph: StoredGraph,
  input: PictureInput,
  meanings: ReadonlyMap<StoredValue, OutputMeaning>,
  classCount: number | undefined
): { outputs: readonly FileOutput[]; tensors: readonly TensorSpec[]; stage: FileStage } {
  const specs = new Map<StoredValue, TensorSpec>()
  const taken = new Set<string>()
  // an output that has the name of its meaning already is the one
  const exactFirst = [...graph.outputs].sort((a, b) => Number(isExact(b, meanings)) - Number(isExact(a, meanings)))
  for (const output of exactFirst) {
    const meaning = meanings.get(output) ?? 'ignore'
    if (meaning === 'ignore') continue
    const spec = tensorFor(output, meaning, taken)
    taken.add(spec.name)
    specs.set(output, spec)
  }
  const shown = graph.outputs.flatMap((output) => {
    const spec = specs.get(output)
    return spec ? [{ output: output.name, spec }] : []
  })
  return {
    outputs: graph.outputs.map((output) => ({
      ...output,
      meaning: meanings.get(output) ?? 'ignore',
      meanings: meaningsFor(output),
      tensor: specs.get(output)?.name
    })),
    tensors: shown.map(({ spec }) => spec),
    stage: {
      kind: 'file',
      id: 'onnx',
      inputs: ['image'],
      outputs: shown.map(({ spec }) => spec.name),
      classCount,
      input,
      values: shown.map(({ output, spec: { name, axes } }) => ({ tensor: name, output, axes })),
      dataFiles: graph.dataFiles
    }
  }
}

const isExact = (output: StoredValue, meanings: ReadonlyMap<StoredValue, OutputMeaning>): boolean => {
  const meaning = meanings.get(output) ?? 'ignore'
  return meaning !== 'ignore' && tensorFor(output, meaning, new Set()).name === output.name
}

function preprocessOf(input: PictureInput, meanings: readonly OutputMeaning[], facts: Facts): Preprocess {
  const isOfWords = meanings.includes('score-map') || meanings.includes('embedding-map')
  const key = facts.oneOf(
    'normalization',
    isOfWords ? ['clip', 'imagenet', '0..1', '0..255'] : ['imagenet', 'clip', '0..1', '0..255']
  )
  const [, , height = '', width = ''] = input.shape
  if (typeof height === 'number' || typeof width === 'number') {
    const exactSize = { height: Number(height) || Number(width), width: Number(width) || Number(height) }
    facts.fromShape('input_size', [exactSize.height, exactSize.width])
    const side = Math.max(exactSize.height, exactSize.width)
    return {
      ...NORMALIZATIONS[key],
      shortSide: Math.min(exactSize.height, exactSize.width),
      maxLongSide: undefined,
      exactSize,
      padToMultipleOf: undefined,
      window: side,
      stride: Math.floor((side * 2) / 3)
    }
  }
  const shortSide = facts.count('short_side', { configured: undefined, rule: SHORT_SIDE })
  const padToMultipleOf = facts.count('pad_to_multiple', { configured: undefined, rule: MULTIPLE })
  return {
    ...NORMALIZATIONS[key],
    shortSide,
    maxLongSide: facts.count('max_long_side', { configured: undefined, rule: Math.max(MAX_LONG_SIDE, shortSide) }),
    padToMultipleOf,
    window: shortSide,
    stride: Math.floor((shortSide * 2) / 3)
  }
}

/** Class names as exporters write them: a list, or a dict by index, in JSON or as Python prints it. */
function classNames(metadata: ReadonlyMap<string, string>): readonly string[] | undefined {
  const text = metadata.get('classes') ?? metadata.get('names') ?? metadata.get('CLASSES')
  if (text === undefined) return undefined
  const value = parsePythonLiteral(text)
  const list = isPlainList(value)
    ? value
    : isPlainDict(value)
      ? Array.from({ length: value.size }, (_, index) => value.get(String(index)))
      : text.split(',').map((part) => part.trim())
  const names = list.filter((name) => typeof name === 'string' && name !== '')
  return names.length === list.length ? (names as string[]) : undefined
}

function named(count: number, names: readonly string[] | undefined): readonly string[] {
  return names?.length === count ? names : Array.from({ length: count }, (_, index) => `class ${index + 1}`)
}

function notesOf(
  outputs: readonly FileOutput[],
  { exactSize }: Preprocess,
  classCount: number | undefined,
  names: readonly string[] | undefined
): Note[] {
  const notes: Note[] = []
  const renamed = outputs.filter(({ name, tensor }) => tensor !== undefined && tensor !== name)
  if (renamed.length > 0) {
    const list = renamed.map(({ name, tensor }) => `${quoted(name)} as ${tensor ?? ''}`).join(', ')
    notes.push({ code: 'renamed', message: `Outputs are shown under the authors’ names: ${list}.` })
  }
  const ignored = outputs.filter(({ meaning }) => meaning === 'ignore')
  if (ignored.length > 0) {
    const list = ignored.map(({ name }) => quoted(name)).join(', ')
    notes.push({ code: 'skipped', message: `Left out, since nothing says what they are: ${list}.` })
  }
  if (classCount !== undefined && names?.length !== classCount) {
    notes.push({ code: 'assumed', message: `The file does not name its ${classCount} classes: they are numbered.` })
  }
  if (exactSize) {
    const { height, width } = exactSize
    notes.push({ code: 'assumed', message: `Pictures are stretched to ${height} × ${width}, the one size it takes.` })
  }
  return notes
}
