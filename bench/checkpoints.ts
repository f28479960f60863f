import { mkdir, rename, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Tokenizer } from '#models/text/tokenizer'
import { FOLDER, writeInput, writePicture } from './files'
import { NAME_TOKENS, type PublishedModel } from './published'
import type { TorchJob } from './pytorch'
import { writeCheckpoint, type CheckpointToWrite } from './write-checkpoint'

/** Raised when what is written changes, so that files of an older bench are not taken. */
const VERSION = 1
/** Of 0..255, RGB, as the published pipeline normalises. */
const MEAN = [122.7709383, 116.7460125, 104.09373615]
const STD = [68.5005327, 66.6321579, 70.32316305]

/** The path of a DenseCLIP checkpoint; written where it is not there from an earlier run. */
export function ensureDenseClip(model: PublishedModel): Promise<string> {
  return ensureCheckpoint(`denseclip-${model.name}`, () => ({
    tensors: model.tensors,
    container: 'state_dict',
    extras: { meta: { CLASSES: model.classes, config: model.config } }
  }))
}

/** The same for any other. */
export async function ensureCheckpoint(name: string, content: () => CheckpointToWrite): Promise<string> {
  await mkdir(FOLDER, { recursive: true })
  const path = join(FOLDER, `${name}-random-${VERSION}.pth`)
  if (await stat(path).catch(() => undefined)) return path
  // the archive's folder is named after the file, so the unfinished one lies in a folder of its own
  const unfinished = join(FOLDER, 'unfinished', basename(path))
  await mkdir(join(FOLDER, 'unfinished'), { recursive: true })
  await writeCheckpoint(unfinished, content())
  await rename(unfinished, path)
  return path
}

/** Writes what PyTorch needs to compute the same as the studio does for `picture`; the job's path. */
export async function writeTorchJob(
  folder: string,
  model: PublishedModel,
  checkpoint: string,
  tokenizer: Tokenizer,
  threads: number
): Promise<{ job: string; picture: string }> {
  const { inputSize } = model
  const picture = await writePicture(folder, inputSize, inputSize, 0)
  const input = join(folder, 'input.bin')
  await writeInput(input, picture.pixels, MEAN, STD)
  const archiveFolder = basename(checkpoint, '.pth')
  const tensors = [...model.tensors].map(([name, { shape, dtype }], index) => {
    return [name, { entry: `${archiveFolder}/data/${index}`, shape, dtype: dtype === 'int64' ? '<i8' : '<f4' }] as const
  })
  const job: TorchJob = {
    sizes: model.name,
    archive: checkpoint,
    tensors: Object.fromEntries(tensors),
    input,
    inputShape: [1, 3, inputSize, inputSize],
    ids: model.classes.map((name) => {
      const ids = tokenizer.encodeName(name, NAME_TOKENS)
      return [...ids, ...Array.from({ length: NAME_TOKENS - ids.length }, () => 0)]
    }),
    threads
  }
  const path = join(folder, 'job.json')
  await writeFile(path, JSON.stringify(job))
  return { job: path, picture: picture.path }
}
