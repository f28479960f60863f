import { open, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import type { DroppedKind } from '#models/shell'

/** Endings of checkpoints, without the dot. A file of such a name is one, even if broken: reading it says why. */
export const CHECKPOINT_ENDINGS = ['pth', 'pt', 'ckpt', 'bin', 'safetensors', 'onnx'] as const
/** Endings of pictures, without the dot. */
export const PICTURE_ENDINGS = ['png', 'jpg', 'jpeg', 'webp', 'tif', 'tiff'] as const

const HEAD_BYTES = 32
const PNG = '\x89PNG\r\n\x1a\n'
/** First bytes, as Latin-1, of JPEG, TIFF of both byte orders (BigTIFF too), WebP, GIF. */
const PICTURE_HEAD = /^(\xff\xd8\xff|II[*+]\0|MM\0[*+]|RIFF[^]{4}WEBP|GIF8[79]a)/
const ZIP = 'PK\x03\x04'
/** first byte of a pickle of protocol 2 and later; the protocol follows */
const PICKLE = '\x80'
/** How data sets call their label images or the folders of them. */
const LABEL_NAME = /label|annotation|gtfine|mask|segmentation|trainids/i

async function headOf(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return buffer.toString('latin1', 0, bytesRead)
  } finally {
    await file.close()
  }
}

/** A PNG whose pixels are one number each (grey or palette, at most 8 bit), under a name that says labels. */
function isLabelImage(head: string, path: string): boolean {
  if (!head.startsWith(PNG)) return false
  const depth = head.charCodeAt(24)
  const colourType = head.charCodeAt(25)
  // of the path, the folders nearest to the file: data sets are often kept under folders of any name
  const name = path.split(/[\\/]/).slice(-4).join('/')
  return depth <= 8 && (colourType === 0 || colourType === 3) && LABEL_NAME.test(name)
}

/** What a path is, by its name and first bytes; 'unknown' also where it cannot be read. */
export async function kindOfPath(path: string): Promise<DroppedKind> {
  try {
    const entry = await stat(path)
    if (entry.isDirectory()) return 'folder'
    if (!entry.isFile()) return 'unknown'
    const ending = extname(path).slice(1).toLowerCase()
    if (CHECKPOINT_ENDINGS.some((known) => known === ending)) return 'checkpoint'
    const head = await headOf(path)
    if (isLabelImage(head, path)) return 'labels'
    if (PICTURE_ENDINGS.some((known) => known === ending)) return 'picture'
    if (head.startsWith(PNG) || PICTURE_HEAD.test(head)) return 'picture'
    return head.startsWith(ZIP) || head.startsWith(PICKLE) ? 'checkpoint' : 'unknown'
  } catch {
    return 'unknown'
  }
}
