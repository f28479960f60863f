import type { Fail } from './fault'
import { parsePythonString } from './python-string'

/** Python's own integers have no limit; hashes and seeds of checkpoints have at most some hundred digits. */
const MAX_INTEGER_BYTES = 1024

/** The arguments of a pickle's opcodes, each checked against the end before anything is allocated. */
export class PickleStream {
  private readonly view: DataView
  private readonly decoder = new TextDecoder()

  constructor(
    private readonly source: Uint8Array,
    private at: number,
    private readonly fail: Fail,
    private readonly entry: string
  ) {
    this.view = new DataView(source.buffer, source.byteOffset, source.byteLength)
  }

  get position(): number {
    return this.at
  }

  /** Throws `truncated` unless `length` more bytes are there. */
  require(length: number): void {
    if (this.at + length <= this.source.length) return
    throw this.fail('truncated', `its pickle ends at byte ${this.source.length}, in the middle`, { entry: this.entry })
  }

  uint8(): number {
    this.require(1)
    return this.view.getUint8(this.at++)
  }

  uint16(): number {
    this.require(2)
    this.at += 2
    return this.view.getUint16(this.at - 2, true)
  }

  int32(): number {
    this.require(4)
    this.at += 4
    return this.view.getInt32(this.at - 4, true)
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  /** Rounded above 2^53, which is more than any file has. */
  uint64(): number {
    this.require(8)
    this.at += 8
    return Number(this.view.getBigUint64(this.at - 8, true))
  }

  float64(): number {
    this.require(8)
    this.at += 8
    return this.view.getFloat64(this.at - 8)
  }

  /** A view of the pickle's own bytes. */
  bytes(length: number): Uint8Array {
    this.require(length)
    this.at += length
    return this.source.subarray(this.at - length, this.at)
  }

  text(length: number): string {
    return this.decoder.decode(this.bytes(length))
  }

  /** Two's complement, least byte first. */
  long(length: number): number | bigint {
    if (length < 0) throw this.fail('corrupt', 'its pickle is broken: a length is negative', { entry: this.entry })
    if (length > MAX_INTEGER_BYTES) throw this.hugeInteger()
    let value = 0n
    for (const [i, byte] of this.bytes(length).entries()) value |= BigInt(byte) << BigInt(8 * i)
    return narrowest(BigInt.asIntN(8 * length, value))
  }

  /** Text up to the end of the line (protocol 0). */
  line(): string {
    const end = this.source.indexOf(0x0a, this.at)
    if (end < 0) this.require(this.source.length - this.at + 1)
    const text = this.decoder.decode(this.source.subarray(this.at, end))
    this.at = end + 1
    return text
  }

  textInteger(): number | bigint | boolean {
    const text = this.line().replace(/L$/, '')
    // protocol 0 writes booleans so
    if (text === '00' || text === '01') return text === '01'
    if (!/^\s*[+-]?\d+\s*$/.test(text)) throw this.notNumber()
    if (text.length > 2 * MAX_INTEGER_BYTES) throw this.hugeInteger()
    return narrowest(BigInt(text.trim().replace(/^\+/, '')))
  }

  textFloat(): number {
    const text = this.line().trim()
    const special = { nan: NaN, inf: Infinity, '-inf': -Infinity }
    if (text === 'nan' || text === 'inf' || text === '-inf') return special[text]
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw this.notNumber()
    return Number(text)
  }

  textIndex(): number {
    const index = this.textInteger()
    if (typeof index !== 'number' || index < 0) throw this.notNumber()
    return index
  }

  /** A quoted string with escapes, as Python writes it. */
  textString(): string {
    const text = parsePythonString(this.line().trim())
    if (text === undefined)
      throw this.fail('corrupt', 'its pickle is broken: a string has no end', { entry: this.entry })
    return text
  }

  /** Python's raw-unicode-escape: only \uXXXX and \UXXXXXXXX are escapes. */
  textUnicode(): string {
    return this.line().replace(/\\u([0-9a-f]{4})|\\U([0-9a-f]{8})/gi, (whole, short?: string, long?: string) => {
      const point = parseInt(short ?? long ?? '', 16)
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole
    })
  }

  private notNumber(): Error {
    return this.fail('corrupt', 'its pickle is broken: text stands for a number', { entry: this.entry })
  }

  private hugeInteger(): Error {
    return this.fail('limit', 'its pickle contains an integer of thousands of digits', { entry: this.entry })
  }
}

function narrowest(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
