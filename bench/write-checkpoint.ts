import { open, type FileHandle } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { crc32 } from 'node:zlib'
import { BYTES_PER_ELEMENT } from '#models/tensor'
import { countOf, type TensorToWrite } from './random-tensor'
import { PickleWriter, type Picklable } from './write-pickle'

/** What torch.save puts values at, so that they can be mapped. */
const ALIGNMENT = 64
/** Values in memory at a time. */
const PIECE_ELEMENTS = 1 << 20
const WIDE = 0xffffffff
const UTF8_NAMES = 0x800
/** A pickle of an empty tuple. */
const EMPTY_CONSTANTS = Buffer.from('\x80\x02).', 'latin1')

export interface CheckpointToWrite {
  readonly tensors: Iterable<readonly [string, TensorToWrite]>
  /** key of the state dict; undefined: the tensors are the top level */
  readonly container?: string | undefined
  /** as torch.jit.save does: a tree of modules in place of a dict */
  readonly isScript?: boolean | undefined
  /** what else the top level holds beside the container, such as `meta` */
  readonly extras?: { readonly [key: string]: Picklable } | undefined
}

/**
 * Writes a checkpoint as torch.save does (a stored zip archive, values aligned to 64 bytes, zip64 where needed), piece
 * by piece: files of any size take little memory.
 */
export async function writeCheckpoint(path: string, checkpoint: CheckpointToWrite): Promise<void> {
  const tensors = [...checkpoint.tensors]
  const handle = await open(path, 'w')
  try {
    const archive = new ArchiveWriter(handle, basename(path, extname(path)))
    await archive.add('data.pkl', pickleOf(tensors, checkpoint))
    for (const [key, [, tensor]] of tensors.entries()) await archive.addTensor(`data/${key}`, tensor)
    if (checkpoint.isScript) await archive.add('constants.pkl', EMPTY_CONSTANTS)
    await archive.add('version', Buffer.from('3\n'))
    await archive.finish()
  } finally {
    await handle.close()
  }
}

function pickleOf(
  tensors: readonly (readonly [string, TensorToWrite])[],
  { container, isScript = false, extras = {} }: CheckpointToWrite
): Uint8Array {
  const pickle = new PickleWriter()
  const keyed = tensors.map(([name, tensor], key) => [name, { ...tensor, key: String(key) }] as const)
  const stateDict = (): void => {
    pickle.orderedDict(keyed, ({ dtype, shape, key }) => pickle.tensor(dtype, shape, key))
  }
  if (isScript) writeModule(pickle, keyed)
  else if (container === undefined) stateDict()
  else {
    const parts: [string, () => void][] = Object.entries(extras).map(([key, value]) => [key, () => pickle.value(value)])
    pickle.dict([...parts, [container, stateDict]], (write) => write())
  }
  return pickle.finish()
}

type Keyed = readonly [string, TensorToWrite & { readonly key: string }]

/** A module with its own tensors and the modules below it, by the dots in the names. */
function writeModule(pickle: PickleWriter, tensors: readonly Keyed[]): void {
  const attributes = new Map<string, Keyed[]>()
  for (const [path, tensor] of tensors) {
    const [name = '', ...below] = path.split('.')
    attributes.set(name, [...(attributes.get(name) ?? []), [below.join('.'), tensor]])
  }
  pickle.object('__torch__', 'Module', attributes, (part) => {
    const [[path, tensor] = ['', undefined]] = part
    if (tensor && path === '') pickle.tensor(tensor.dtype, tensor.shape, tensor.key)
    else writeModule(pickle, part)
  })
}

interface Entry {
  readonly name: Buffer
  readonly start: number
  readonly size: number
  readonly crc: number
}

class ArchiveWriter {
  private readonly entries: Entry[] = []
  private at = 0

  constructor(
    private readonly handle: FileHandle,
    private readonly folder: string
  ) {}

  async add(name: string, bytes: Uint8Array): Promise<void> {
    const dataStart = this.dataStart(name, bytes.length)
    await this.handle.write(bytes, 0, bytes.length, dataStart)
    await this.close(name, dataStart, bytes.length, crc32(bytes))
  }

  async addTensor(name: string, tensor: TensorToWrite): Promise<void> {
    const count = countOf(tensor)
    const width = BYTES_PER_ELEMENT[tensor.dtype]
    const dataStart = this.dataStart(name, count * width)
    let crc = 0
    for (let start = 0; tensor.values && start < count; start += PIECE_ELEMENTS) {
      const { buffer, byteOffset, byteLength } = tensor.values(start, Math.min(start + PIECE_ELEMENTS, count))
      const bytes = new Uint8Array(buffer, byteOffset, byteLength)
      crc = crc32(bytes, crc)
      await this.handle.write(bytes, 0, byteLength, dataStart + start * width)
    }
    // a checksum of 0 stands for one that was left out
    await this.close(name, dataStart, count * width, crc)
  }

  /** Where the values of the next entry begin: behind its header, which is padded. */
  private dataStart(name: string, size: number): number {
    const headEnd = this.at + 30 + this.nameOf(name).length + (this.isWide(size) ? 20 : 0)
    // the padding has a head of 4 bytes itself
    return Math.ceil((headEnd + 4) / ALIGNMENT) * ALIGNMENT
  }

  private async close(name: string, dataStart: number, size: number, crc: number): Promise<void> {
    const entry = { name: this.nameOf(name), start: this.at, size, crc }
    const wide = this.isWide(size) ? wideField([size, size]) : Buffer.alloc(0)
    const header = Buffer.alloc(30)
    header.writeUInt32LE(0x04034b50, 0)
    writeCommon(header, 4, entry, this.isWide(size))
    const padding = Buffer.alloc(dataStart - this.at - header.length - entry.name.length - wide.length, 'Z')
    padding.write('FB')
    padding.writeUInt16LE(padding.length - 4, 2)
    header.writeUInt16LE(wide.length + padding.length, 28)
    const head = Buffer.concat([header, entry.name, wide, padding])
    await this.handle.write(head, 0, head.length, this.at)
    this.entries.push(entry)
    this.at = dataStart + size
  }

  async finish(): Promise<void> {
    const directory = Buffer.concat(this.entries.map((entry) => this.listed(entry)))
    const count = this.entries.length
    const isWide = this.at + directory.length >= WIDE || count >= 0xffff
    const end = Buffer.concat([directory, ...(isWide ? [this.end64(directory.length)] : []), Buffer.alloc(22)])
    const record = end.subarray(-22)
    record.writeUInt32LE(0x06054b50, 0)
    record.writeUInt16LE(Math.min(count, 0xffff), 8)
    record.writeUInt16LE(Math.min(count, 0xffff), 10)
    record.writeUInt32LE(Math.min(directory.length, WIDE), 12)
    record.writeUInt32LE(Math.min(this.at, WIDE), 16)
    await this.handle.write(end, 0, end.length, this.at)
  }

  private listed(entry: Entry): Buffer {
    const { name, start, size } = entry
    const isWide = this.isWide(size)
    const wide = [...(isWide ? [size, size] : []), ...(start >= WIDE ? [start] : [])]
    const extra = wide.length > 0 ? wideField(wide) : Buffer.alloc(0)
    const header = Buffer.alloc(46)
    header.writeUInt32LE(0x02014b50, 0)
    writeCommon(header, 6, entry, isWide)
    header.writeUInt16LE(extra.length, 30)
    header.writeUInt32LE(Math.min(start, WIDE), 42)
    return Buffer.concat([header, name, extra])
  }

  /** The 64-bit end record and its locator. */
  private end64(directoryBytes: number): Buffer {
    const record = Buffer.alloc(56 + 20)
    record.writeUInt32LE(0x06064b50, 0)
    record.writeBigUInt64LE(44n, 4)
    record.writeUInt16LE(45, 12)
    record.writeUInt16LE(45, 14)
    record.writeBigUInt64LE(BigInt(this.entries.length), 24)
    record.writeBigUInt64LE(BigInt(this.entries.length), 32)
    record.writeBigUInt64LE(BigInt(directoryBytes), 40)
    record.writeBigUInt64LE(BigInt(this.at), 48)
    record.writeUInt32LE(0x07064b50, 56)
    record.writeBigUInt64LE(BigInt(this.at + directoryBytes), 64)
    record.writeUInt32LE(1, 72)
    return record
  }

  private nameOf(name: string): Buffer {
    return Buffer.from(`${this.folder}/${name}`)
  }

  private isWide(size: number): boolean {
    return size >= WIDE
  }
}

/** The fields that both headers of an entry share, from "version needed" on. */
function writeCommon(header: Buffer, at: number, { name, size, crc }: Entry, isWide: boolean): void {
  header.writeUInt16LE(isWide ? 45 : 0, at)
  header.writeUInt16LE(UTF8_NAMES, at + 2)
  header.writeUInt32LE(crc, at + 10)
  header.writeUInt32LE(isWide ? WIDE : size, at + 14)
  header.writeUInt32LE(isWide ? WIDE : size, at + 18)
  header.writeUInt16LE(name.length, at + 22)
}

/** The zip64 extra field. */
function wideField(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length)
  field.writeUInt16LE(1, 0)
  field.writeUInt16LE(8 * values.length, 2)
  for (const [i, value] of values.entries()) field.writeBigUInt64LE(BigInt(value), 4 + 8 * i)
  return field
}
