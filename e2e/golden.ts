import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Locator } from '@playwright/test'
import sharp from 'sharp'
import { openNpy } from '../models/checkpoints/npy'
import { toFloat32 } from '../models/tensor'
import { expect, type Studio } from './studio'

/*
 * A checkpoint and a picture whose every tensor is stored: what is read in the window is what these predict.
 */

export const GOLDEN = resolve('../shared/golden/rn-tiny')
export const CHECKPOINT = join(GOLDEN, 'checkpoint.pth')
export const hasGolden = existsSync(GOLDEN)
export const COLUMNS = 4
export const ROWS = 3
export const WIDTH = 128
export const HEIGHT = 96
/** Mean and deviation of CLIP's pixels, 0..255. */
const MEAN = [122.7709383, 116.7460125, 104.09373615]
const STD = [68.5005327, 66.6321579, 70.32316305]

/** Values of an NPY file as float32, row-major. */
export async function readNpy(path: string): Promise<Float32Array> {
  const bytes = new Uint8Array(readFileSync(path))
  const read = async (start: number, end: number) => bytes.slice(start, end)
  return toFloat32(await (await openNpy({ name: path, size: bytes.length, read })).read()).data
}

export const golden = (tensor: string): Promise<Float32Array> => readNpy(join(GOLDEN, `${tensor}.npy`))

export const goldenClasses = (): string[] =>
  (JSON.parse(readFileSync(join(GOLDEN, 'case.json'), 'utf8')) as { classes: string[] }).classes

/** Pixels, RGB, of the picture that the input of the case was normalised from. */
export async function goldenPicture(): Promise<Uint8Array> {
  const input = await golden('input')
  const size = WIDTH * HEIGHT
  return Uint8Array.from({ length: size * 3 }, (_, i) => {
    const channel = i % 3
    return Math.round((input[channel * size + Math.floor(i / 3)] ?? 0) * (STD[channel] ?? 1) + (MEAN[channel] ?? 0))
  })
}

/** Writes that picture, and gives its path. */
export async function writeGoldenPicture(folder: string): Promise<string> {
  const path = join(folder, 'golden.png')
  const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const
  await writeFile(
    path,
    await sharp(await goldenPicture(), { raw })
      .png()
      .toBuffer()
  )
  return path
}

export const plot = ({ page }: Studio): Locator => page.getByTestId('view-heatmaps').getByRole('application').first()
export const title = ({ page }: Studio): Locator => page.getByTestId('view-heatmaps').getByRole('heading').first()

/** The case's picture goes into the model as it is. */
export async function runUnscaled({ page }: Studio): Promise<void> {
  await page.getByTestId('run-options').getByRole('radio', { name: 'Original' }).check({ force: true })
  await expect(page.getByTestId('run-options')).toContainText(`input ${WIDTH} × ${HEIGHT}`)
}

/** No result on screen is older than the last choice, and no work is left. */
export async function settled({ page }: Studio): Promise<void> {
  await expect(page.getByTestId('view-heatmaps')).not.toContainText('before the last change')
  await expect(page.getByTestId('view-heatmaps').getByRole('progressbar')).toHaveCount(0)
}

/** Where a place of the picture is within the plot, in its CSS pixels: the whole picture is fitted and centred. */
export async function screenOf(studio: Studio, x: number, y: number): Promise<{ x: number; y: number }> {
  const box = await plot(studio).boundingBox()
  if (!box) throw new Error('the plot is not on screen')
  const scale = Math.min(box.width / WIDTH, box.height / HEIGHT)
  return { x: box.width / 2 + (x - WIDTH / 2) * scale, y: box.height / 2 + (y - HEIGHT / 2) * scale }
}

export async function hover(studio: Studio, x: number, y: number): Promise<void> {
  await plot(studio).hover({ position: await screenOf(studio, x, y) })
}

/** Moves the mouse to the middle of a cell. */
export function hoverCell(studio: Studio, row: number, column: number): Promise<void> {
  return hover(studio, ((column + 0.5) * WIDTH) / COLUMNS, ((row + 0.5) * HEIGHT) / ROWS)
}
