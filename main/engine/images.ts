import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { Metadata } from 'sharp'
import type { Note } from '#models/checkpoints/checkpoint'
import { failIn, type Fail } from '#models/checkpoints/fault'
import { StudioError } from '#models/errors'
import { openFile } from '../files'
import { readPngIndices } from './png-indices'
import { sharp } from './sharp'

/** 16,383²: what libvips and Chromium take as well. 8-bit RGB of that size is 805 MB. */
const MAX_PIXELS = 16383 * 16383
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

const OTHER_FORMAT = 'Convert it to PNG, JPEG, WebP, TIFF or GIF.'

async function readPictureFile(path: string, fail: Fail): Promise<Buffer> {
  const source = await openFile(path)
  try {
    if (source.size > MAX_FILE_BYTES) {
      throw fail('limit', `it has ${Math.round(source.size / 2 ** 20)} MiB, too many for a picture`, {
        remedy: 'Choose a picture.'
      })
    }
    if (source.size === 0) throw fail('truncated', 'it is empty')
    const bytes = await source.read(0, source.size)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  } finally {
    await source.close()
  }
}

/** What libvips says about a file, as a StudioError. */
function pictureError(cause: unknown, fail: Fail): StudioError {
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
  if (/unsupported image format/i.test(reason)) {
    return fail('unsupported', 'it is no picture that can be read here', { remedy: OTHER_FORMAT, cause })
  }
  if (/premature end|truncat|unexpected end|end of file/i.test(reason)) {
    return fail('truncated', 'it ends before its picture does', { cause })
  }
  return fail('corrupt', `it is damaged (${reason})`, { remedy: 'Download or copy it again.', cause })
}

/** Header of a picture, checked: a known format of bearable size. */
async function readHeader(bytes: Buffer, fail: Fail): Promise<Metadata> {
  let header: Metadata
  try {
    header = await sharp(bytes, { limitInputPixels: false }).metadata()
  } catch (error) {
    throw pictureError(error, fail)
  }
  const { format, width, height, depth } = header
  if (!(format in FORMATS)) {
    throw fail('unsupported', `${format.toUpperCase()} is not read here`, { remedy: OTHER_FORMAT })
  }
  if (width * height > MAX_PIXELS) {
    const pixels = Math.round((width * height) / 1e6)
    const most = Math.floor(MAX_PIXELS / 1e6)
    throw fail('limit', `it has ${width} × ${height} pixels, ${pixels} megapixels, and at most ${most} are read`, {
      remedy: 'Scale it down first.'
    })
  }
  if (depth !== 'uchar' && depth !== 'ushort') {
    throw fail('unsupported', `it holds ${depth} values`, { remedy: 'Convert it to 8 or 16 bits a channel.' })
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
  const fail = failIn(file)
  const bytes = await readPictureFile(path, fail)
  const header = await readHeader(bytes, fail)
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
      // a copy: sharp's WebAssembly build takes the memory back once the buffer itself, and not a view of it, is collected
      rgb: new Uint8Array(data),
      format: describe(header),
      hash: createHash('sha256').update(bytes).digest('hex'),
      notes: notesOf(header, file)
    }
  } catch (error) {
    throw pictureError(error, fail)
  }
}

/** True-colour pictures are labels only where they are grey: all three channels the same. */
function greyOf(data: Uint8Array | Uint16Array, channels: number, fail: Fail): Uint16Array<ArrayBuffer> {
  const labels = new Uint16Array(data.length / channels)
  for (let i = 0; i < labels.length; i++) {
    const value = data[i * channels] ?? 0
    if (channels >= 3 && (data[i * channels + 1] !== value || data[i * channels + 2] !== value)) {
      throw fail('unsupported', 'it holds colours where labels need indices', {
        remedy: 'Save it as a grey or palette PNG whose values are class numbers.'
      })
    }
    labels[i] = value
  }
  return labels
}

/**
 * Decodes a label image to indices: the stored value of a grey picture, the palette index (not the colour) of a palette
 * PNG. Values over 8 bits are kept. EXIF orientation is followed as in `decodePicture`.
 * Throws a StudioError that names the file, as `decodePicture` does, and `unsupported` where it holds colours.
 */
export async function decodeLabels(path: string): Promise<DecodedLabels> {
  const fail = failIn(basename(path))
  const bytes = await readPictureFile(path, fail)
  const header = await readHeader(bytes, fail)
  // libvips gives colours for palettes and stretches 1, 2 and 4 bits of grey to 0..255
  if (header.format === 'png' && (header.isPalette || (header.bitsPerSample ?? 8) < 8)) {
    return readPngIndices(bytes, fail)
  }
  if (header.isPalette) {
    throw fail('unsupported', 'its palette cannot be read here', { remedy: 'Save it as a palette PNG.' })
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
    return { width: info.width, height: info.height, labels: greyOf(values, info.channels, fail) }
  } catch (error) {
    throw error instanceof StudioError ? error : pictureError(error, fail)
  }
}
