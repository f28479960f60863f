import type { ByteSource } from '../bytes'
import { failIn, quoted, type Fail } from './fault'

/*
 * The structure of a zip archive, read from its central directory (APPNOTE 6.3.10), with zip64.
 * Readers disagree about archives that contradict themselves, and that is how things are hidden in them:
 * whatever two readers could understand differently is refused here.
 */

const LOCAL_HEADER = 0x04034b50
const CENTRAL_HEADER = 0x02014b50
const END_RECORD = 0x06054b50
const END_RECORD_64 = 0x06064b50
const END_LOCATOR_64 = 0x07064b50

const LOCAL_HEADER_BYTES = 30
const CENTRAL_HEADER_BYTES = 46
const END_RECORD_BYTES = 22
const END_RECORD_64_BYTES = 56
const END_LOCATOR_64_BYTES = 20
const MAX_COMMENT_BYTES = 0xffff

/** A training checkpoint of a large model has some thousand entries of about 100 bytes each. */
const MAX_DIRECTORY_BYTES = 16 * 2 ** 20

const FLAG_ENCRYPTED = 1 << 0
const FLAG_SIZES_BEHIND = 1 << 3
const FLAG_STRONG_ENCRYPTION = 1 << 6

export const STORED = 0
export const DEFLATED = 8

export interface ZipEntry {
  readonly name: string
  readonly method: number
  readonly flags: number
  readonly crc: number
  readonly size: number
  readonly packedSize: number
  /** of the local header */
  readonly headerStart: number
  /** where the next entry, or the directory, begins: nothing of this one may reach beyond */
  readonly limit: number
}

export interface ZipArchive {
  readonly source: ByteSource
  readonly fail: Fail
  readonly entries: ReadonlyMap<string, ZipEntry>
}

interface Directory {
  readonly start: number
  readonly size: number
  readonly count: number
}

/** Reads an archive's directory. Throws `truncated`, `corrupt`, `unsupported`, `limit` or `path`. */
export async function openZip(source: ByteSource): Promise<ZipArchive> {
  const fail = failIn(source.name)
  const directory = await findDirectory(source, fail)
  if (directory.size > MAX_DIRECTORY_BYTES) throw fail('limit', 'the list of its entries is larger than 16 MiB')
  const bytes = await source.read(directory.start, directory.start + directory.size)
  const entries = parseDirectory(bytes, directory, fail)
  return { source, fail, entries: withLimits(entries, directory.start, fail) }
}

async function findDirectory(source: ByteSource, fail: Fail): Promise<Directory> {
  const tailStart = Math.max(0, source.size - END_RECORD_BYTES - MAX_COMMENT_BYTES)
  const tail = await source.read(tailStart, source.size)
  const view = viewOf(tail)
  const end = lastEndRecord(view)
  if (end === undefined) throw fail('truncated', 'the list of entries at the end of the zip archive is missing')
  const endStart = tailStart + end

  const disks = view.getUint16(end + 4, true) + view.getUint16(end + 6, true)
  const counts = [view.getUint16(end + 8, true), view.getUint16(end + 10, true)] as const
  const directory = {
    count: counts[1],
    size: view.getUint32(end + 12, true),
    start: view.getUint32(end + 16, true)
  }
  const isZip64 =
    directory.count === 0xffff ||
    directory.size === 0xffffffff ||
    directory.start === 0xffffffff ||
    disks === 2 * 0xffff
  const locatorStart = endStart - END_LOCATOR_64_BYTES
  const hasLocator = locatorStart >= 0 && (await hasSignature(source, locatorStart, END_LOCATOR_64))
  if (hasLocator) return findDirectory64(source, locatorStart, directory, fail)
  if (isZip64) throw fail('corrupt', 'the 64-bit end record of the zip archive is missing')
  if (disks !== 0 || counts[0] !== counts[1]) throw fail('unsupported', 'it is one part of a zip archive in pieces')
  if (directory.start + directory.size !== endStart) {
    throw fail('corrupt', 'the list of entries is not where the end of the zip archive says')
  }
  return directory
}

/** The end record that reaches exactly to the end of the file with its comment. */
function lastEndRecord(tail: DataView): number | undefined {
  for (let at = tail.byteLength - END_RECORD_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END_RECORD) continue
    if (at + END_RECORD_BYTES + tail.getUint16(at + 20, true) === tail.byteLength) return at
  }
  return undefined
}

async function findDirectory64(
  source: ByteSource,
  locatorStart: number,
  claimed: Directory,
  fail: Fail
): Promise<Directory> {
  const locator = viewOf(await source.read(locatorStart, locatorStart + END_LOCATOR_64_BYTES))
  const recordStart = safe(locator.getBigUint64(8, true))
  if (recordStart === undefined || recordStart + END_RECORD_64_BYTES > locatorStart) {
    throw fail('corrupt', 'the 64-bit end record of the zip archive lies outside the file')
  }
  const record = viewOf(await source.read(recordStart, recordStart + END_RECORD_64_BYTES))
  if (record.getUint32(0, true) !== END_RECORD_64)
    throw fail('corrupt', 'the 64-bit end record is not where it should be')
  const recordSize = safe(record.getBigUint64(4, true))
  const count = safe(record.getBigUint64(32, true))
  const size = safe(record.getBigUint64(40, true))
  const start = safe(record.getBigUint64(48, true))
  if (count === undefined || size === undefined || start === undefined || recordSize === undefined) {
    throw fail('corrupt', 'the 64-bit end record of the zip archive holds impossible numbers')
  }
  const agree = (narrow: number, wide: number, none: number): boolean => narrow === none || narrow === wide
  if (
    recordStart + 12 + recordSize !== locatorStart ||
    start + size !== recordStart ||
    record.getUint32(16, true) !== 0 ||
    record.getUint32(20, true) !== 0 ||
    safe(record.getBigUint64(24, true)) !== count ||
    !agree(claimed.count, count, 0xffff) ||
    !agree(claimed.size, size, 0xffffffff) ||
    !agree(claimed.start, start, 0xffffffff)
  ) {
    throw fail('corrupt', 'the two end records of the zip archive contradict each other')
  }
  return { start, size, count }
}

async function hasSignature(source: ByteSource, at: number, signature: number): Promise<boolean> {
  return viewOf(await source.read(at, at + 4)).getUint32(0, true) === signature
}

type Listed = Omit<ZipEntry, 'limit'>

function parseDirectory(bytes: Uint8Array, directory: Directory, fail: Fail): Listed[] {
  const view = viewOf(bytes)
  const entries: Listed[] = []
  const names = new Set<string>()
  const decoder = new TextDecoder()
  let at = 0
  while (at < bytes.length) {
    if (at + CENTRAL_HEADER_BYTES > bytes.length || view.getUint32(at, true) !== CENTRAL_HEADER) {
      throw fail('corrupt', `the list of entries of the zip archive breaks off after ${entries.length}`)
    }
    const nameBytes = view.getUint16(at + 28, true)
    const extraBytes = view.getUint16(at + 30, true)
    const nameStart = at + CENTRAL_HEADER_BYTES
    const next = nameStart + nameBytes + extraBytes + view.getUint16(at + 32, true)
    if (next > bytes.length) throw fail('corrupt', 'the list of entries of the zip archive ends in the middle of one')
    const name = decoder.decode(bytes.subarray(nameStart, nameStart + nameBytes))
    if (names.has(name)) throw fail('corrupt', `the zip archive holds ${quoted(name)} twice`, { entry: name })
    if (leavesFolder(name)) {
      throw fail('path', `an entry of the zip archive is named ${quoted(name)}, which leaves its folder`, {
        entry: name
      })
    }
    names.add(name)
    const extra = viewOf(bytes.subarray(nameStart + nameBytes, nameStart + nameBytes + extraBytes))
    const wide = wideFields(extra, {
      size: view.getUint32(at + 24, true),
      packedSize: view.getUint32(at + 20, true),
      headerStart: view.getUint32(at + 42, true)
    })
    if (wide === undefined) throw fail('corrupt', `the sizes of ${quoted(name)} are missing`, { entry: name })
    const flags = view.getUint16(at + 8, true)
    if (flags & (FLAG_ENCRYPTED | FLAG_STRONG_ENCRYPTION)) {
      throw fail('unsupported', `${quoted(name)} in the zip archive is encrypted`, {
        entry: name,
        remedy: 'Unpack it with its password and open the checkpoint inside.'
      })
    }
    entries.push({ name, flags, method: view.getUint16(at + 10, true), crc: view.getUint32(at + 16, true), ...wide })
    at = next
  }
  if (entries.length !== directory.count) {
    throw fail('corrupt', `the zip archive claims ${directory.count} entries and lists ${entries.length}`)
  }
  return entries
}

interface Sizes {
  readonly size: number
  readonly packedSize: number
  readonly headerStart: number
}

/** Replaces fields that say 0xFFFFFFFF by those of the zip64 extra field (id 1), which come in this order. */
function wideFields(extra: DataView, narrow: Sizes): Sizes | undefined {
  const missing = (['size', 'packedSize', 'headerStart'] as const).filter((key) => narrow[key] === 0xffffffff)
  if (missing.length === 0) return narrow
  for (let at = 0; at + 4 <= extra.byteLength;) {
    const bytes = extra.getUint16(at + 2, true)
    if (at + 4 + bytes > extra.byteLength) return undefined
    if (extra.getUint16(at, true) === 1) {
      if (bytes < 8 * missing.length) return undefined
      const values = missing.map((key, i) => [key, safe(extra.getBigUint64(at + 4 + 8 * i, true))] as const)
      return values.some(([, value]) => value === undefined) ? undefined : { ...narrow, ...Object.fromEntries(values) }
    }
    at += 4 + bytes
  }
  return undefined
}

/** Sorts by place in the file and refuses entries that share bytes with each other or with the directory. */
function withLimits(entries: readonly Listed[], directoryStart: number, fail: Fail): Map<string, ZipEntry> {
  const sorted = [...entries].sort((a, b) => a.headerStart - b.headerStart)
  const limits = new Map<string, number>()
  for (const [i, entry] of sorted.entries()) {
    const limit = sorted[i + 1]?.headerStart ?? directoryStart
    if (entry.headerStart + LOCAL_HEADER_BYTES + entry.packedSize > limit) {
      throw fail('range', `${quoted(entry.name)} overlaps what follows it in the zip archive`, { entry: entry.name })
    }
    limits.set(entry.name, limit)
  }
  return new Map(entries.map((entry) => [entry.name, { ...entry, limit: limits.get(entry.name) ?? directoryStart }]))
}

/**
 * Where the packed bytes of an entry lie in the file, once its local header has been read and found to say the same
 * as the directory. Throws `corrupt` or `range` where it does not.
 */
export async function locate(archive: ZipArchive, entry: ZipEntry): Promise<{ start: number; end: number }> {
  const { source, fail } = archive
  const wrong = (problem: string): Error => fail('corrupt', problem, { entry: entry.name })
  // one read for header and name: they are of known length when they agree with the directory
  const nameBytes = new TextEncoder().encode(entry.name)
  const headEnd = Math.min(entry.headerStart + LOCAL_HEADER_BYTES + nameBytes.length, entry.limit)
  const head = await source.read(entry.headerStart, headEnd)
  const view = viewOf(head)
  if (head.length < LOCAL_HEADER_BYTES || view.getUint32(0, true) !== LOCAL_HEADER) {
    throw wrong(`${quoted(entry.name)} is not where the list of the zip archive says`)
  }
  const localName = head.subarray(LOCAL_HEADER_BYTES, LOCAL_HEADER_BYTES + view.getUint16(26, true))
  const sameName = localName.length === nameBytes.length && localName.every((byte, i) => byte === nameBytes[i])
  const flags = view.getUint16(6, true)
  const sizesAgree =
    (flags & FLAG_SIZES_BEHIND) !== 0 ||
    (view.getUint32(14, true) === entry.crc &&
      [entry.packedSize, 0xffffffff].includes(view.getUint32(18, true)) &&
      [entry.size, 0xffffffff].includes(view.getUint32(22, true)))
  if (!sameName || flags !== entry.flags || view.getUint16(8, true) !== entry.method || !sizesAgree) {
    throw wrong(`the zip archive describes ${quoted(entry.name)} in two ways that contradict each other`)
  }
  const start = entry.headerStart + LOCAL_HEADER_BYTES + view.getUint16(26, true) + view.getUint16(28, true)
  const end = start + entry.packedSize
  if (end > entry.limit) {
    throw fail('range', `${quoted(entry.name)} overlaps what follows it in the zip archive`, { entry: entry.name })
  }
  return { start, end }
}

/** Absolute, with a drive or a backslash, or with `..`: no writer of checkpoints makes such names. */
function leavesFolder(name: string): boolean {
  return /^[/\\]|^[a-z]:|\\|\0/i.test(name) || name.split('/').includes('..')
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function safe(value: bigint): number | undefined {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined
}
