// its entry for Node asks for workers, which a bundle for Electron cannot hold
import { Inflate } from 'fflate/browser'
import type { ByteSource } from '../bytes'
import { crc32 } from './crc32'
import { quoted } from './fault'
import { DEFLATED, locate, STORED, type ZipArchive, type ZipEntry } from './zip'

/**
 * torch.save stores and never deflates; files that were unpacked and zipped again are deflated. The largest tensor of
 * the published models (token embeddings, 49408 × 768 float32) has 145 MiB.
 */
const MAX_INFLATED_BYTES = 192 * 2 ** 20

/** Deflate gets 1032 : 1 at most, on zeros; trained weights get about 1.1 : 1. */
const MAX_INFLATION = 200
/** Small constant tensors (masks, counters) may well shrink more. */
const INFLATION_COUNTS_FROM_BYTES = 16 * 2 ** 20
/** Packed bytes given to the inflater at once: what comes out stays under 17 MB before it is checked. */
const INFLATE_STEP_BYTES = 16384
const CHECKSUM_STEP_BYTES = 16 * 2 ** 20

/** An entry of an archive as a source of its own: stored ones are read in place, deflated ones as a whole. */
export async function openEntry(archive: ZipArchive, entry: ZipEntry): Promise<ByteSource> {
  const { source, fail } = archive
  if (entry.method !== STORED && entry.method !== DEFLATED) {
    throw fail('unsupported', `${quoted(entry.name)} is packed by method ${entry.method}`, {
      entry: entry.name,
      remedy: 'Unpack it and zip it again without compression.'
    })
  }
  const { start, end } = await locate(archive, entry)
  if (entry.method === STORED) {
    if (entry.size !== entry.packedSize) {
      throw fail('corrupt', `${quoted(entry.name)} has two sizes in the zip archive`, { entry: entry.name })
    }
    return { name: source.name, size: entry.size, read: (from, to) => source.read(start + from, start + to) }
  }
  checkInflation(archive, entry)
  return {
    name: source.name,
    size: entry.size,
    read: async (from, to) => {
      const bytes = inflate(archive, entry, await source.read(start, end))
      requireChecksum(archive, entry, bytes)
      return bytes.subarray(from, to)
    }
  }
}

/** All bytes of an entry, checked against its checksum. */
export async function readEntry(archive: ZipArchive, entry: ZipEntry, maxBytes: number): Promise<Uint8Array> {
  if (entry.size > maxBytes) {
    throw archive.fail('limit', `${quoted(entry.name)} is larger than ${maxBytes / 2 ** 20} MiB`, { entry: entry.name })
  }
  const bytes = await (await openEntry(archive, entry)).read(0, entry.size)
  if (entry.method === STORED) requireChecksum(archive, entry, bytes)
  return bytes
}

/** Whether an open entry has its checksum. 0 stands for "not computed": writers can leave it out. */
export async function checksumMatches(entry: ZipEntry, source: ByteSource): Promise<boolean> {
  // deflated entries are checked whenever they are read
  if (entry.crc === 0 || entry.method === DEFLATED) return true
  let crc = 0
  for (let at = 0; at < entry.size; at += CHECKSUM_STEP_BYTES) {
    crc = crc32(await source.read(at, Math.min(at + CHECKSUM_STEP_BYTES, entry.size)), crc)
  }
  return crc === entry.crc
}

function requireChecksum(archive: ZipArchive, entry: ZipEntry, bytes: Uint8Array): void {
  if (entry.crc === 0 || crc32(bytes) === entry.crc) return
  throw archive.fail(
    'corrupt',
    `${quoted(entry.name)} does not have its checksum, so the file was damaged or altered`,
    {
      entry: entry.name
    }
  )
}

function checkInflation({ fail }: ZipArchive, entry: ZipEntry): void {
  const ratio = entry.size / Math.max(entry.packedSize, 1)
  if (
    entry.size > MAX_INFLATED_BYTES ||
    (entry.size > INFLATION_COUNTS_FROM_BYTES && ratio > MAX_INFLATION) ||
    ratio > 1032
  ) {
    throw fail('limit', `${quoted(entry.name)} inflates from ${entry.packedSize} to ${entry.size} bytes`, {
      entry: entry.name,
      remedy: 'If you trust it, unpack it and zip it again without compression.'
    })
  }
}

function inflate({ fail }: ZipArchive, entry: ZipEntry, packed: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(entry.size)
  const broken = (cause?: unknown): Error =>
    fail('corrupt', `${quoted(entry.name)} can't be unpacked`, { entry: entry.name, cause })
  let length = 0
  let ended = false
  const inflater = new Inflate((chunk, final) => {
    if (length + chunk.length > bytes.length) throw broken()
    bytes.set(chunk, length)
    length += chunk.length
    ended = final
  })
  try {
    for (let at = 0; at === 0 || at < packed.length; at += INFLATE_STEP_BYTES) {
      const step = packed.subarray(at, at + INFLATE_STEP_BYTES)
      inflater.push(step, at + INFLATE_STEP_BYTES >= packed.length)
    }
  } catch (cause) {
    throw broken(cause)
  }
  if (!ended || length !== bytes.length) throw broken()
  return bytes
}
