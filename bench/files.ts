import { mkdir, writeFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'

/** Everything that the bench writes; the checkpoints are kept from one run to the next. */
export const FOLDER = join(tmpdir(), 'denseclip-studio-bench')

/** An empty folder of that name below FOLDER. */
export async function freshFolder(name: string): Promise<string> {
  const folder = join(FOLDER, name)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  return folder
}

export interface TestPicture {
  readonly path: string
  /** height × width × RGB */
  readonly pixels: Uint8Array<ArrayBuffer>
}

/** A PNG of soft colour gradients, another one for each number. */
export async function writePicture(
  folder: string,
  width: number,
  height: number,
  number: number
): Promise<TestPicture> {
  const pixels = new Uint8Array(width * height * 3)
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const wave = Math.sin(x / (17 + number)) + Math.cos(y / (23 + number))
      for (let channel = 0; channel < 3; channel++) {
        pixels[i++] = 128 + 50 * wave * Math.cos(channel + number + (x + y) / 300)
      }
    }
  }
  const path = join(folder, `picture-${number}.png`)
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path)
  return { path, pixels }
}

/** The published normalisation of one picture as [1, 3, H, W], for PyTorch; written as bare float32. */
export async function writeInput(
  path: string,
  pixels: Uint8Array,
  mean: readonly number[],
  std: readonly number[]
): Promise<void> {
  const cells = pixels.length / 3
  const input = new Float32Array(pixels.length)
  for (let channel = 0; channel < 3; channel++) {
    for (let cell = 0; cell < cells; cell++) {
      input[channel * cells + cell] = ((pixels[cell * 3 + channel] ?? 0) - (mean[channel] ?? 0)) / (std[channel] ?? 1)
    }
  }
  await writeFile(path, new Uint8Array(input.buffer))
}
