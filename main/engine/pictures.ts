import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { PictureId, PictureInfo } from '#models/api'
import { CLIP_NORMALIZATION } from '#models/architectures/preprocess'
import { npy, openNpy } from '#models/checkpoints/npy'
import { StudioError } from '#models/errors'
import { targetSize, type RgbImage, type Size } from '#models/images/preprocess'
import { toFloat32, type Tensor } from '#models/tensor'
import { openFile } from '../files'
import type { FileHashes } from './file-hash'
import { decodePicture } from './images'
import { Opened } from './opened'
import { sharp } from './sharp'

export interface Picture {
  readonly info: PictureInfo
  /** as it is shown: the decoded picture, or the normalised input turned back into colours */
  readonly image: RgbImage
  /** [1, 3, H, W], already normalised: a .npy file, which goes into the model as it is */
  readonly normalised: Tensor<'float32'> | undefined
}

/** A size that label maps of a normalised input are to have. */
export type OriginalSize = Size | undefined

/** The pictures that are open. */
export class Pictures {
  readonly #opened = new Opened<PictureId, Picture>('picture')

  constructor(private readonly hashes: FileHashes) {}

  /** Throws a StudioError that names the file. */
  async open(path: string, originalSize: OriginalSize): Promise<PictureInfo> {
    const picture = /\.npy$/i.test(path) ? await this.#openNormalised(path, originalSize) : await openDecoded(path)
    return this.#opened.add(picture.info.id, picture).info
  }

  get(id: PictureId): Picture {
    return this.#opened.get(id)
  }

  /** True where it is now closed for good. */
  close(id: PictureId): boolean {
    return this.#opened.close(id) !== undefined
  }

  async #openNormalised(path: string, originalSize: OriginalSize): Promise<Picture> {
    const tensor = await readNormalised(path)
    const [, , rows = 0, columns = 0] = tensor.shape
    const { width, height } = originalSize ?? { width: columns, height: rows }
    const hash = await this.hashes.hashOf(path)
    const info: PictureInfo = {
      id: pictureId(path, hash, `${width}×${height}`),
      path,
      fileName: basename(path),
      hash,
      width,
      height,
      format: 'normalised input (NPY)',
      notes: [{ code: 'choice', message: 'Already normalised: it goes into the model as it is, without resizing.' }]
    }
    return { info, image: denormalised(tensor), normalised: tensor }
  }
}

async function openDecoded(path: string): Promise<Picture> {
  const { rgb, width, height, format, hash, notes } = await decodePicture(path)
  const info = { id: pictureId(path, hash, ''), path, fileName: basename(path), hash, width, height, format, notes }
  return { info, image: { width, height, rgb }, normalised: undefined }
}

function pictureId(path: string, hash: string, choices: string): PictureId {
  const digest = createHash('sha256')
    .update(JSON.stringify([path, hash, choices]))
    .digest('hex')
  return `picture-${digest.slice(0, 16)}` as PictureId
}

async function readNormalised(path: string): Promise<Tensor<'float32'>> {
  const source = await openFile(path)
  try {
    const head = await source.read(0, Math.min(source.size, 16))
    if (!npy.match(head, source.name)) {
      throw new StudioError('not-a-model', `${source.name} is not an array of NumPy.`, { file: source.name })
    }
    const stored = await openNpy(source)
    const { shape } = stored
    if (shape.length !== 4 || shape[0] !== 1 || shape[1] !== 3) {
      throw new StudioError(
        'mismatch',
        `${source.name} has shape [${shape.join(', ')}], and a normalised input has [1, 3, height, width].`,
        { file: source.name }
      )
    }
    return toFloat32(await stored.read())
  } finally {
    await source.close()
  }
}

/** Colours by CLIP's mean and deviation, which nearly every family here normalises with; they are for looking at. */
function denormalised({ data, shape }: Tensor<'float32'>): RgbImage {
  const [, , height = 0, width = 0] = shape
  const rgb = new Uint8Array(width * height * 3)
  const size = width * height
  for (let channel = 0; channel < 3; channel++) {
    const mean = CLIP_NORMALIZATION.mean[channel] ?? 0
    const std = CLIP_NORMALIZATION.std[channel] ?? 1
    for (let i = 0; i < size; i++) {
      const level = Math.round((data[channel * size + i] ?? 0) * std + mean)
      rgb[i * 3 + channel] = Math.min(Math.max(level, 0), 255)
    }
  }
  return { width, height, rgb }
}

/** RGBA of a picture, its long side at most `maxSide`, averaged down by a good filter: it is for looking at. */
export async function scaledPixels(
  picture: Picture,
  maxSide: number
): Promise<{ width: number; height: number; rgba: Uint8Array<ArrayBuffer> }> {
  const { width, height, rgb } = picture.image
  const scaled = Math.max(width, height) > maxSide
  const size = scaled ? targetSize({ width, height }, undefined, Math.max(1, Math.round(maxSide))) : { width, height }
  const rgba = new Uint8Array(size.width * size.height * 4)
  const pixels = scaled
    ? await sharp(rgb, { raw: { width, height, channels: 3 } })
        .resize(size.width, size.height, { fit: 'fill' })
        .raw()
        .toBuffer()
    : rgb
  for (let i = 0, out = 0; out < rgba.length; i += 3, out += 4) {
    rgba[out] = pixels[i] ?? 0
    rgba[out + 1] = pixels[i + 1] ?? 0
    rgba[out + 2] = pixels[i + 2] ?? 0
    rgba[out + 3] = 255
  }
  return { ...size, rgba }
}
