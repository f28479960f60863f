import { crc32, inflateSync } from 'node:zlib'
import type { Fail } from '#models/checkpoints/fault'

/*
 * The stored samples of a PNG with one channel of at most 8 bits: palette indices, or small grey values as they are.
 * Picture libraries give the colours instead. Source: the PNG specification (third edition), sections 5, 7 to 9.
 */

const SIGNATURE_BYTES = 8
/** Column and row where each pass of Adam7 begins, and its steps; a plain picture is one pass of steps 1. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2]
] as const
const ONE_PASS = [[0, 0, 1, 1]] as const

interface Chunks {
  readonly header: Buffer
  readonly compressed: Buffer
}

const AGAIN = { remedy: 'Download or copy it again.' }

function readChunks(bytes: Buffer, fail: Fail): Chunks {
  let header: Buffer | undefined
  const data: Buffer[] = []
  for (let at = SIGNATURE_BYTES; ;) {
    const length = at + 12 <= bytes.length ? bytes.readUInt32BE(at) : Infinity
    const end = at + 12 + length
    if (end > bytes.length) {
      throw fail('truncated', 'it ends before its picture does')
    }
    const type = bytes.toString('latin1', at + 4, at + 8)
    if (crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) {
      throw fail('corrupt', `the checksum of ${type} is wrong`, AGAIN)
    }
    const body = bytes.subarray(at + 8, end - 4)
    if (type === 'IHDR') header = body
    else if (type === 'IDAT') data.push(body)
    else if (type === 'IEND') break
    at = end
  }
  if (header?.length !== 13) throw fail('corrupt', 'it has no header', AGAIN)
  return { header, compressed: Buffer.concat(data) }
}

/** Undoes the filter of one line in place. Samples are at most one byte, so the pixel to the left is one byte away. */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array): boolean {
  for (let i = 0; i < line.length; i++) {
    const left = i > 0 ? (line[i - 1] ?? 0) : 0
    const up = above[i] ?? 0
    const corner = i > 0 ? (above[i - 1] ?? 0) : 0
    let predicted = 0
    if (filter === 1) predicted = left
    else if (filter === 2) predicted = up
    else if (filter === 3) predicted = (left + up) >> 1
    else if (filter === 4) {
      const toLeft = Math.abs(up - corner)
      const toUp = Math.abs(left - corner)
      const toCorner = Math.abs(left + up - 2 * corner)
      predicted = toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner
    } else if (filter !== 0) return false
    line[i] = ((line[i] ?? 0) + predicted) & 0xff
  }
  return true
}

/** Throws a StudioError that names the file: truncated, corrupt. The header's size has been checked by the caller. */
export function readPngIndices(
  bytes: Buffer,
  fail: Fail
): { width: number; height: number; labels: Uint16Array<ArrayBuffer> } {
  const { header, compressed } = readChunks(bytes, fail)
  const width = header.readUInt32BE(0)
  const height = header.readUInt32BE(4)
  const depth = header.readUInt8(8)
  const passes = header.readUInt8(12) === 1 ? ADAM7 : ONE_PASS

  const sizes = passes.map(([x, y, stepX, stepY]) => {
    const columns = Math.ceil((width - x) / stepX)
    return columns > 0 ? { columns, rows: Math.max(0, Math.ceil((height - y) / stepY)) } : { columns: 0, rows: 0 }
  })
  const lineBytes = (columns: number): number => Math.ceil((columns * depth) / 8)
  const expected = sizes.reduce((sum, { columns, rows }) => sum + rows * (1 + lineBytes(columns)), 0)
  let raw: Buffer
  try {
    raw = inflateSync(compressed, { maxOutputLength: Math.max(1, expected) })
  } catch {
    throw fail('corrupt', 'its compressed data cannot be read', AGAIN)
  }
  if (raw.length < expected) throw fail('corrupt', 'its compressed data end early', AGAIN)

  const labels = new Uint16Array(width * height)
  const mask = (1 << depth) - 1
  let at = 0
  passes.forEach(([x, y, stepX, stepY], pass) => {
    const { columns = 0, rows = 0 } = sizes[pass] ?? {}
    let above: Uint8Array = new Uint8Array(lineBytes(columns))
    for (let row = 0; row < rows; row++) {
      const line = raw.subarray(at + 1, at + 1 + lineBytes(columns))
      if (!unfilter(raw[at] ?? 0, line, above)) throw fail('corrupt', 'it uses an unknown filter', AGAIN)
      const out = (y + row * stepY) * width + x
      for (let column = 0; column < columns; column++) {
        const bit = column * depth
        labels[out + column * stepX] = ((line[bit >> 3] ?? 0) >> (8 - depth - (bit & 7))) & mask
      }
      above = line
      at += 1 + line.length
    }
  })
  return { width, height, labels }
}
