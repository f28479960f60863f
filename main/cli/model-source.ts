import { Option, type Command } from 'commander'
import type { OpenModelRequest } from '#models/api'
import type { CompanionName, Overrides } from '#models/architectures/architecture'
import { pathOf, readJsonObject } from './lists'

/** How a checkpoint is to be opened, as options say it. */
export interface SourceOptions {
  config?: string
  as?: string
  clip?: string
  classPosition?: string
  clipWeights?: string
  clipText?: string
  imagePrompt?: string
}

/** In place of a file with the projection of an image prompt. */
const IDENTITY = 'identity'

export function addSourceOptions(command: Command): Command {
  return command
    .option('--config <file.json>', 'numbers that the file does not tell, by the names that inspect gives')
    .option('--as <system>', 'a system to open the file as, where it can be several: maskclip for CLIP')
    .option('--clip <file>', 'the CLIP that CoOp or CoCoOp was trained on')
    .addOption(
      new Option('--class-position <where>', 'of the name among the contexts of CoOp (default: end)').choices([
        'end',
        'middle',
        'front'
      ])
    )
    .option('--clip-weights <file>', "MaskCLIP's *_clip_weights.pth, beside its *_clip_backbone.pth")
    .option('--clip-text <file>', "MaskCLIP's *_clip_text.pth, one row for each of the classes")
    .option(
      '--image-prompt <file>',
      'the picture as a token of every prompt of DenseCLIP, [p, I, e_k]: identity, or a file with one linear layer'
    )
}

/** Throws a StudioError where the file of settings cannot be read. */
export async function modelSource(path: string, options: SourceOptions): Promise<OpenModelRequest> {
  return { path, overrides: await overridesFor(options), as: options.as, companions: companionsFor(options) }
}

async function overridesFor({ config, classPosition, imagePrompt }: SourceOptions): Promise<Overrides | undefined> {
  const given = config === undefined ? undefined : ((await readJsonObject(config)) as Overrides)
  if (classPosition === undefined && imagePrompt === undefined) return given
  return {
    ...given,
    ...(classPosition !== undefined && { class_position: classPosition }),
    ...(imagePrompt !== undefined && { image_prompt: imagePrompt === IDENTITY ? IDENTITY : 'file' })
  }
}

function companionsFor(options: SourceOptions): Partial<Record<CompanionName, string>> {
  const { clip, clipWeights, clipText, imagePrompt } = options
  return {
    ...(clip !== undefined && { clip: pathOf(clip) }),
    ...(clipWeights !== undefined && { clipWeights: pathOf(clipWeights) }),
    ...(clipText !== undefined && { clipText: pathOf(clipText) }),
    ...(imagePrompt !== undefined && imagePrompt !== IDENTITY && { projection: pathOf(imagePrompt) })
  }
}
