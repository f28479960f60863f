import type { ByteSource } from '../bytes'
import type { Fail } from './fault'

/** Bytes read ahead: headers of a message are small and close together. */
const WINDOW_BYTES = 65536
const MAX_VARINT_BYTES = 10
/** A node has some ten fields, so these are the fields of 50,000 nodes. */
const MAX_FIELDS = 500_000

export interface Field {
  readonly number: number
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes */
  readonly type: number
  /** value of a varint; 0 for others */
  readonly value: bigint
  /** where the content lies in the file */
  readonly start: number
  readonly end: number
}

/** Walks protobuf messages in a file field by field, without reading what is skipped. */
export class ProtobufReader {
  private window: Uint8Array = new Uint8Array(0)
  private windowStart = 0
  private count = 0

  constructor(
    private readonly source: ByteSource,
    private readonly fail: Fail
  ) {}

  /** The fields of the message in [start, end). Throws `truncated` or `corrupt`. */
  async *fields(start: number, end: number): AsyncGenerator<Field, void, undefined> {
    for (let at = start; at < end;) {
      if (++this.count > MAX_FIELDS) throw this.fail('limit', `it has more than ${MAX_FIELDS} parts`)
      await this.load(at)
      const tag = this.varint(at, end)
      const number = Number(tag.value >> 3n)
      const type = Number(tag.value & 7n)
      if (number === 0 || number > 0x1fffffff) throw this.corrupt(at)
      const field = { number, type, ...this.content(type, tag.end, end) }
      if (field.end > end) throw this.fail('truncated', `a part of it that begins at byte ${at} has no end`)
      yield field
      at = field.end
    }
  }

  private content(type: number, start: number, end: number): Pick<Field, 'value' | 'start' | 'end'> {
    if (type === 1 || type === 5) return { value: 0n, start, end: start + (type === 1 ? 8 : 4) }
    if (type !== 0 && type !== 2) throw this.corrupt(start)
    const varint = this.varint(start, end)
    if (type === 0) return { value: varint.value, start, end: varint.end }
    return { value: 0n, start: varint.end, end: varint.end + Number(varint.value) }
  }

  /** Content of a field, which the caller knows to be small. */
  async bytes({ start, end }: Field, maxBytes: number): Promise<Uint8Array> {
    if (end - start > maxBytes)
      throw this.fail('limit', `a part of it has ${end - start} bytes where a name is expected`)
    return this.source.read(start, end)
  }

  private varint(start: number, end: number): { value: bigint; end: number } {
    let value = 0n
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      if (start + i >= end) throw this.fail('truncated', `it breaks off at byte ${start + i}`)
      const byte = this.window[start + i - this.windowStart] ?? 0
      value |= BigInt(byte & 0x7f) << BigInt(7 * i)
      if (byte < 0x80) return { value, end: start + i + 1 }
    }
    throw this.corrupt(start)
  }

  /** Has the bytes of two varints from here (a tag and what follows it) in the window. */
  private async load(at: number): Promise<void> {
    const end = Math.min(at + 2 * MAX_VARINT_BYTES, this.source.size)
    if (at >= this.windowStart && end <= this.windowStart + this.window.length) return
    this.window = await this.source.read(at, Math.min(at + WINDOW_BYTES, this.source.size))
    this.windowStart = at
  }

  private corrupt(at: number): Error {
    return this.fail('corrupt', `it is no valid message at byte ${at}`)
  }
}

/** Packed varints as signed 64-bit numbers. */
export function packedIntegers(bytes: Uint8Array): bigint[] {
  const values: bigint[] = []
  let value = 0n
  let shift = 0n
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift
    shift += 7n
    if (byte >= 0x80 && shift < 70n) continue
    values.push(BigInt.asIntN(64, value))
    value = 0n
    shift = 0n
  }
  return values
}
