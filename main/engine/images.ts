import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import sharp, { type Metadata } from 'sharp'
import type { Note } from '#models/checkpoints/checkpoint'
import { StudioError } from '#models/errors'
import { readPngIndices } from './png-indices'

/** 16,383²: what libvips and Chromium take as well. 8-bit RGB of that size is 805 MB. */
export const MAX_PIXELS = 16383 * 16383
/** Larger than any encoded picture within MAX_PIXELS that is not built to hurt. */
const MAX_FILE_BYTES = 2 ** 30

const FORMATS: Readonly<Record<string, string>> = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  tiff: 'TIFF',
  gif: 'GIF',
  heif: 'AVIF'
}

export interface DecodedPicture {
  /** after EXIF rotation */
  readonly width: number
  readonly height: number
  /** row-major, three bytes a pixel */
  readonly rgb: Uint8Array
  /** 'JPEG, CMYK, EXIF orientation 6' */
  readonly format: string
  /** SHA-256 of the file, hex */
  readonly hash: string
  readonly notes: readonly Note[]
}

export interface DecodedLabels {
  readonly width: number
  readonly height: number
  /** label index a pixel, row-major */
  readonly labels: Uint16Array<ArrayBuffer>
}

async function readPictureFile(path: string, file: string): Promise<Buffer> {
  try {
    const { size } = await stat(path)
    if (size > MAX_FILE_BYTES) {
      throw new StudioError('limit', `${file} is ${Math.round(size / 2 ** 20)} MiB, too large for a picture.`, { file })
    }
    if (size === 0) throw new StudioError('truncated', `${file} is empty: copy or download it again.`, { file })
    return await readFile(path)
  } catch (error) {
    if (error instanceof StudioError) throw error
    const reason = error instanceof Error && 'code' in error ? error.code : undefined
    const what =
      reason === 'ENOENT'
        ? 'there is no such file'
        : reason === 'EISDIR'
          ? 'it is a folder'
          : reason === 'EACCES'
            ? 'permission is denied'
            : String(error)
    throw new StudioError('unreadable', `${file} cannot be opened: ${what}.`, { file, cause: error })
  }
}

/** What libvips says about a file, as a StudioError. */
function pictureError(error: unknown, file: string): StudioError {
  const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
  if (/unsupported image format/i.test(reason)) {
    return new StudioError(
      'unsupported',
      `${file} is no picture that can be read here: convert it to PNG, JPEG, WebP, TIFF or GIF.`,
      { file, cause: error }
    )
  }
  if (/premature end|truncat|unexpected end|end of file/i.test(reason)) {
    return new StudioError('truncated', `${file} ends before its picture does: copy or download it again.`, {
      file,
      cause: error
    })
  }
  return new StudioError('corrupt', `${file} is damaged (${reason}): copy or download it again.`, {
    file,
    cause: error
  })
}

/** Header of a picture, checked: a known format of bearable size. */
async function readHeader(bytes: Buffer, file: string): Promise<Metadata> {
  let header: Metadata
  try {
    header = await sharp(bytes, { limitInputPixels: false }).metadata()
  } catch (error) {
    throw pictureError(error, file)
  }
  const { format, width, height, depth } = header
  if (!(format in FORMATS)) {
    const found = format.toUpperCase()
    throw new StudioError('unsupported', `${file} is ${found}: convert it to PNG, JPEG, WebP, TIFF or GIF.`, { file })
  }
  if (width * height > MAX_PIXELS) {
    const pixels = Math.round((width * height) / 1e6)
    throw new StudioError(
      'limit',
      `${file} has ${width} × ${height} pixels (${pixels} megapixels); at most ${Math.floor(MAX_PIXELS / 1e6)} are read, so scale it down first.`,
      { file }
    )
  }
  if (depth !== 'uchar' && depth !== 'ushort') {
    throw new StudioError('unsupported', `${file} holds ${depth} values: convert it to 8 or 16 bits a channel.`, {
      file
    })
  }
  return header
}

function describe(header: Metadata): string {
  const parts = [FORMATS[header.format] ?? header.format]
  if (header.isPalette) parts.push('palette')
  if (header.space === 'cmyk') parts.push('CMYK')
  if (header.space === 'b-w' || header.space === 'grey16') parts.push('grey')
  if (header.depth === 'ushort') parts.push('16 bit')
  if (header.hasAlpha) parts.push('alpha')
  if (header.orientation !== undefined && header.orientation > 1) {
    parts.push(`EXIF orientation ${header.orientation}`)
  }
  return parts.join(', ')
}

/** What was chosen on the way to 8-bit RGB; the choices are those of OpenCV, which the published pipelines read with. */
function notesOf(header: Metadata, file: string): Note[] {
  const notes: Note[] = []
  const choice = (message: string): number => notes.push({ code: 'choice', message })
  if (header.hasAlpha) choice(`Transparency of ${file} is dropped: the colours under it are used as they are.`)
  if (header.depth === 'ushort') choice(`${file} has 16 bits a channel: the high byte is used.`)
  if (header.hasProfile) choice(`The colour profile of ${file} is not applied, as in the published pipeline.`)
  if (header.pages !== undefined && header.pages > 1)
    choice(`${file} holds ${header.pages} pictures: the first is used.`)
  return notes
}

/**
 * Decodes a picture to 8-bit RGB as OpenCV would: turned by its EXIF orientation, grey in all three channels, alpha
 * dropped without blending, the high byte of 16 bits, no colour profile applied, the first of several frames.
 * Throws a StudioError that names the file: unreadable, unsupported, limit, truncated, corrupt.
 */
export async function decodePicture(path: string): Promise<DecodedPicture> {
  const file = basename(path)
  const bytes = await readPictureFile(path, file)
  const header = await readHeader(bytes, file)
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error', ignoreIcc: true })
      .autoOrient()
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true })
    return {
      width: info.width,
      height: info.height,
      rgb: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      format: describe(header),
      hash: createHash('sha256').update(bytes).digest('hex'),
      notes: notesOf(header, file)
    }
  } catch (error) {
    throw pictureError(error, file)
  }
}

/** True-colour pictures are labels only where they are grey: all three channels the same. */
function greyOf(data: Uint8Array | Uint16Array, channels: number, file: string): Uint16Array<ArrayBuffer> {
  const labels = new Uint16Array(data.length / channels)
  for (let i = 0; i < labels.length; i++) {
    const value = data[i * channels] ?? 0
    if (channels >= 3 && (data[i * channels + 1] !== value || data[i * channels + 2] !== value)) {
      throw new StudioError(
        'mismatch',
        `${file} holds colours where labels need indices: save it as a grey or palette PNG whose values are class numbers.`,
        { file }
      )
    }
    labels[i] = value
  }
  return labels
}

/**
 * Decodes a label image to indices: the stored value of a grey picture, the palette index (not the colour) of a palette
 * PNG. Values over 8 bits are kept. EXIF orientation is followed as in `decodePicture`.
 * Throws a StudioError that names the file, as `decodePicture` does, and `mismatch` where it holds colours.
 */
export async function decodeLabels(path: string): Promise<DecodedLabels> {
  const file = basename(path)
  const bytes = await readPictureFile(path, file)
  const header = await readHeader(bytes, file)
  // libvips gives colours for palettes and stretches 1, 2 and 4 bits of grey to 0..255
  if (header.format === 'png' && (header.isPalette || (header.bitsPerSample ?? 8) < 8)) {
    return readPngIndices(bytes, file)
  }
  if (header.isPalette) {
    throw new StudioError('unsupported', `${file} has a palette: save it as a palette PNG to keep its indices.`, {
      file
    })
  }
  try {
    const deep = header.depth === 'ushort'
    const { data, info } = await sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error', ignoreIcc: true })
      .autoOrient()
      .removeAlpha()
      .toColourspace(deep ? 'rgb16' : 'srgb')
      .raw({ depth: deep ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true })
    const values = deep ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data
    return { width: info.width, height: info.height, labels: greyOf(values, info.channels, file) }
  } catch (error) {
    throw error instanceof StudioError ? error : pictureError(error, file)
  }
}
