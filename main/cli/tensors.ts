import { Option, type Command } from 'commander'
import type { Engine, Mode, ModelInfo, PictureInfo, ProviderName, RunInfo, SamPrompts } from '#models/api'
import type { TensorSpec } from '#models/architectures/architecture'
import { promptedName } from '#models/architectures/prompted'
import { StudioError } from '#models/errors'
import packageJson from '../../package.json'
import { withEngine, type CliContext } from './engine'
import { readList } from './lists'
import { addSourceOptions, modelSource, type SourceOptions } from './model-source'
import { heightAndWidth, positiveInteger } from './numbers'
import { makeFolder, writeNpy, writeOutput } from './output'
import { readSamPrompts } from './sam-prompts'

interface Options extends SourceOptions {
  input: string
  out: string
  classes?: string
  prompts?: string
  tensors?: string
  provider: ProviderName | 'auto'
  mode: Mode['kind']
  window?: number
  stride?: number
  originalSize?: { height: number; width: number }
  samPrompts?: string
  templates?: string
}

type Described = Pick<TensorSpec, 'name' | 'meaning'>

/** Tensors of a sliding run that are of the whole picture; the others are of one window each. */
const OF_ALL_WINDOWS = ['token_ids', 'text_embedding', 'seg_logits']

/** What is made of seg_logits at the picture's own size, beside the tensors that the model itself gives. */
const AT_ORIGINAL_SIZE: readonly Described[] = [
  { name: 'seg_logits_original', meaning: 'seg_logits resized bilinearly to the original size' },
  { name: 'label_map', meaning: 'class index of every pixel of the original size: argmax of seg_logits_original' }
]

/** `tensors CHECKPOINT --input …`: runs a model and writes its tensors. */
export function addTensors(program: Command): void {
  const command = program
    .command('tensors')
    .description('run a checkpoint on a picture and write its tensors as .npy files')
    .argument('<checkpoint>', "the authors' checkpoint")
    .requiredOption('--input <file>', 'a picture, or a .npy [1, 3, H, W] that is already normalised')
    .requiredOption('--out <dir>', 'folder to write to')
    .option('--classes <list>', "class names a,b,c or @FILE with one a line (default: the checkpoint's)")
    .option('--prompts <list>', 'the same for models of whole phrases (CLIP)')
    .option('--tensors <list>', 'names a,b,c or @FILE (default: all that the model has and that take these classes)')
    .addOption(
      new Option('--provider <name>', 'what computes')
        .choices(['cpu', 'webgpu', 'cuda', 'dml', 'coreml', 'auto'])
        .default('cpu')
    )
    .addOption(
      new Option('--mode <mode>', 'whole picture or sliding windows').choices(['whole', 'slide']).default('whole')
    )
    .option('--window <pixels>', "side of a sliding window (default: the model's)", positiveInteger)
    .option('--stride <pixels>', "step of the sliding windows (default: the model's)", positiveInteger)
    .option(
      '--original-size <HxW>',
      'size of the picture that a .npy came from: also writes seg_logits_original and label_map (height x width)',
      heightAndWidth
    )
    .option('--sam-prompts <file.json>', 'points, boxes and masks for SAM by name, in pixels of its input')
    .option('--templates <list>', "templates with {} for the name, a,b,c or @FILE (MaskCLIP; default: CLIP's own)")
  addSourceOptions(command)
    .addHelpText(
      'after',
      `
Writes DIR/NAME.npy (little-endian, row-major) and DIR/tensors.json, which says what each is and how it was made.
With --mode slide, seg_logits is the average over the windows; tensors of one window are written as NAME-window-I.npy,
and only where --tensors names them.
--sam-prompts: {"NAME": {"points": [[x, y], ...], "labels": [1, 0, ...], "box": [left, top, right, bottom],
"mask": "FILE.npy"}, ...}; tensors carry the names, as in low_res_masks_NAME_multi.`
    )
    .action(async (checkpoint: string, options: Options) => {
      await withEngine((engine, context) => writeTensors(engine, checkpoint, options, context))
    })
}

async function writeTensors(engine: Engine, checkpoint: string, options: Options, context: CliContext): Promise<void> {
  if (options.provider !== 'auto') await engine.useProvider({ provider: options.provider }, context)
  const model = await engine.openModel(await modelSource(checkpoint, options), context)
  const classes = await classesFor(model, options)
  const mode = modeFor(model, options)
  const templates = options.templates === undefined ? undefined : await readList(options.templates)
  const samPrompts = options.samPrompts === undefined ? [] : await readSamPrompts(options.samPrompts)
  const specs = [...model.tensors, ...promptedTensors(model, samPrompts)]
  const names = await namesFor(model, specs, classes, options)
  const picture = await engine.openPicture({ path: options.input, originalSize: options.originalSize }, context)
  checkOriginalSize(picture, options)

  const run = await engine.run(
    {
      model: model.id,
      picture: picture.id,
      classes,
      gammaScale: 1,
      mode,
      scaling: 'published',
      templates,
      samPrompts,
      want: names
    },
    context
  )
  await makeFolder(options.out)
  const written: Record<string, object> = {}
  for (const name of names) {
    const isOfWindows = run.windows.length > 1 && !isOfAllWindows(model, name) && !isAtOriginalSize(name)
    const windows = isOfWindows ? run.windows.map((_, window) => window) : [undefined]
    for (const window of windows) {
      const as = window === undefined ? name : `${name}-window-${window}`
      const tensor = await engine.tensor({ run: run.id, name, window }, context)
      const file = await writeNpy(options.out, as, tensor)
      const meaning = [...specs, ...AT_ORIGINAL_SIZE].find((spec) => spec.name === name)?.meaning ?? ''
      const { dtype, shape } = tensor
      written[as] = { file, shape, dtype, meaning, ...(window !== undefined && { window: run.windows[window] }) }
    }
  }
  const facts = {
    ...factsOf(model, picture, run),
    ...(templates && { templates }),
    ...promptFacts(samPrompts),
    ...(options.tensors === undefined && leftOutFact(model, classes)),
    tensors: written
  }
  await writeOutput(options.out, 'tensors.json', `${JSON.stringify(facts, undefined, 2)}\n`)
}

/** A picture file has a size of its own, which a given one can only contradict. */
function checkOriginalSize({ fileName, width, height }: PictureInfo, { originalSize }: Options): void {
  if (originalSize !== undefined && (originalSize.width !== width || originalSize.height !== height)) {
    throw new StudioError(
      'mismatch',
      `${fileName}: its original size is ${height}x${width}. Leave --original-size out, or give a .npy input.`
    )
  }
}

function isOfAllWindows({ tensors }: ModelInfo, name: string): boolean {
  // words that depend on what a window shows
  const isOfPicture = name === 'text_embedding' && tensors.some((spec) => spec.name === 'instance_contexts')
  return OF_ALL_WINDOWS.includes(name) && !isOfPicture
}

const isAtOriginalSize = (name: string): boolean => AT_ORIGINAL_SIZE.some((spec) => spec.name === name)

async function classesFor(model: ModelInfo, options: Options): Promise<readonly string[]> {
  if (options.classes !== undefined && options.prompts !== undefined) {
    throw new StudioError('invalid', 'Give --classes or --prompts, not both.')
  }
  const given = options.classes ?? options.prompts
  if (given !== undefined) return withoutGaps(await readList(given))
  if (model.classes.length === 0 && model.nameTokens !== undefined) {
    throw new StudioError('invalid', `${model.fileName} names no classes: give them with --classes or --prompts.`)
  }
  return model.classes
}

/** An entry of nothing is a slip (a comma or a line too many), and would be encoded as a class. */
function withoutGaps(names: string[]): string[] {
  const gap = names.findIndex((name) => name.trim() === '')
  if (gap < 0) return names
  throw new StudioError('invalid', `Name ${gap + 1} of ${names.length} is empty: take out the comma or line too many.`)
}

function modeFor(model: ModelInfo, { mode, window, stride }: Options): Mode {
  if (mode === 'slide') return { kind: 'slide', window: window ?? model.window, stride: stride ?? model.stride }
  if (window !== undefined || stride !== undefined) {
    throw new StudioError('invalid', '--window and --stride are for --mode slide.')
  }
  return { kind: 'whole' }
}

/** Tensors of a decoder that was trained for another number of classes. */
function leftOut({ classBound }: ModelInfo, classes: readonly string[]): readonly string[] {
  return classBound === undefined || classBound.classes === classes.length ? [] : classBound.tensors
}

/** What the model gives for each set of prompts. */
function promptedTensors(model: ModelInfo, sets: readonly SamPrompts[]): Described[] {
  const tensors = model.prompts?.tensors ?? []
  return sets.flatMap((set) => tensors.map(({ name, meaning }) => ({ name: promptedName(name, set.name), meaning })))
}

/** The tensors to write. Unless they are named, those that do not take these classes are left out. */
async function namesFor(
  model: ModelInfo,
  specs: readonly Described[],
  classes: readonly string[],
  options: Options
): Promise<string[]> {
  const given = specs.map(({ name }) => name)
  const original = given.includes('seg_logits') ? AT_ORIGINAL_SIZE.map(({ name }) => name) : []
  if (options.tensors === undefined) {
    const unfit = leftOut(model, classes)
    const fit = given.filter((name) => !unfit.includes(name))
    const chosen = options.mode === 'slide' ? fit.filter((name) => isOfAllWindows(model, name)) : fit
    const hasOriginal = options.originalSize !== undefined && chosen.includes('seg_logits')
    return hasOriginal ? [...chosen, ...original] : chosen
  }
  const names = [...new Set(await readList(options.tensors))]
  for (const name of names) {
    if (given.includes(name) || original.includes(name)) continue
    const known = [...given, ...original].join(', ')
    throw new StudioError('invalid', `${model.fileName} gives no tensor “${name}”; it gives ${known}.`)
  }
  return names
}

/** Why a list of all tensors is not one. */
function leftOutFact(model: ModelInfo, classes: readonly string[]): object {
  const tensors = leftOut(model, classes)
  if (tensors.length === 0) return {}
  const reason = `They take the ${model.classBound?.classes} classes that the model was trained for, and no others.`
  return { leftOut: { tensors, reason } }
}

/** The prompts as they were given; of masks only that there are some. */
function promptFacts(sets: readonly SamPrompts[]): object {
  if (sets.length === 0) return {}
  const facts = sets.map(({ name, points, box, mask }) => ({ name, points, box, mask: mask !== undefined }))
  return { samPrompts: facts }
}

/** How the tensors came to be. */
function factsOf(model: ModelInfo, picture: PictureInfo, run: RunInfo): object {
  const { system, summary, hash, fileName, notes } = model
  return {
    studio: packageJson.version,
    checkpoint: { file: fileName, sha256: hash, system, summary, notes: notes.map(({ message }) => message) },
    input: {
      file: picture.fileName,
      sha256: picture.hash,
      format: picture.format,
      height: picture.height,
      width: picture.width,
      notes: picture.notes.map(({ message }) => message)
    },
    classes: run.classes,
    mode: run.mode,
    inputSize: { height: run.inputHeight, width: run.inputWidth },
    windows: run.windows,
    gammaScale: run.gammaScale,
    providers: [...new Set(run.stages.map(({ provider }) => provider))],
    stages: run.stages.map(({ id, provider, durationMs }) => ({ id, provider, durationMs })),
    durationMs: run.durationMs
  }
}
