import type { Command } from 'commander'
import { normalise, resizeRgb, targetSize } from '#models/images/preprocess'
import { decodePicture } from '../engine/images'
import { positiveInteger } from './numbers'
import { makeFolder, writeNpy } from './output'

/** The published DenseCLIP configurations: CLIP's numbers, and ADE20K's sizes. */
const PUBLISHED = {
  mean: [122.7709383, 116.7460125, 104.09373615],
  std: [68.5005327, 66.6321579, 70.32316305],
  shortSide: 512,
  maxLongSide: 2048
} as const

interface Options {
  out: string
  shortSide: number
  maxLongSide: number
}

/** `prepare IMAGE --out DIR`: what the published test pipeline makes of a picture. */
export function addPrepare(program: Command): void {
  program
    .command('prepare')
    .description('write what the published test pipeline makes of a picture: resized.npy and input.npy')
    .argument('<image>', 'JPEG, PNG, WebP, TIFF or GIF')
    .requiredOption('--out <dir>', 'folder to write to')
    .option('--short-side <pixels>', 'size of the short side', positiveInteger, PUBLISHED.shortSide)
    .option('--max-long-side <pixels>', 'largest size of the long side', positiveInteger, PUBLISHED.maxLongSide)
    .addHelpText(
      'after',
      '\nresized.npy: uint8, height × width × 3, RGB.\ninput.npy: float32, 1 × 3 × height × width, (value − mean) / std of CLIP.'
    )
    .action(prepare)
}

async function prepare(image: string, options: Options): Promise<void> {
  const picture = await decodePicture(image)
  const resized = resizeRgb(picture, targetSize(picture, options.shortSide, options.maxLongSide))
  const { width, height } = resized
  await makeFolder(options.out)
  await writeNpy(options.out, 'resized', {
    dtype: 'uint8',
    shape: [height, width, 3],
    data: new Uint8Array(resized.rgb)
  })
  await writeNpy(options.out, 'input', normalise(resized, PUBLISHED.mean, PUBLISHED.std))
}
