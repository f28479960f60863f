import type { DType, Shape } from '#models/tensor'

/** What can stand in `meta`: whole numbers are written as int, others as float; arrays as lists. */
export type Picklable = null | boolean | number | string | readonly Picklable[] | { readonly [key: string]: Picklable }

const STORAGES: Readonly<Partial<Record<DType, string>>> = {
  float64: 'DoubleStorage',
  float32: 'FloatStorage',
  float16: 'HalfStorage',
  bfloat16: 'BFloat16Storage',
  int64: 'LongStorage',
  int32: 'IntStorage',
  int16: 'ShortStorage',
  int8: 'CharStorage',
  uint8: 'ByteStorage',
  bool: 'BoolStorage'
}

/** Writes pickles of protocol 2, with the opcodes that torch.save uses. */
export class PickleWriter {
  private readonly parts: Uint8Array[] = [Uint8Array.of(0x80, 2)]
  private readonly memo = new Map<string, number>()

  finish(): Uint8Array {
    this.op('.')
    return Buffer.concat(this.parts)
  }

  value(value: Picklable): void {
    if (value === null) this.op('N')
    else if (typeof value === 'boolean') this.bytes(value ? 0x88 : 0x89)
    else if (typeof value === 'number') this.number(value)
    else if (typeof value === 'string') this.text(value)
    else if (isList(value)) {
      this.op(']')
      this.op('(')
      for (const item of value) this.value(item)
      this.op('e')
    } else this.dict(Object.entries(value), (item) => this.value(item))
  }

  dict<T>(entries: Iterable<readonly [string, T]>, write: (item: T) => void): void {
    this.op('}')
    this.items(entries, write)
  }

  orderedDict<T>(entries: Iterable<readonly [string, T]>, write: (item: T) => void): void {
    this.global('collections', 'OrderedDict')
    this.op(')')
    this.op('R')
    this.items(entries, write)
  }

  /** An object of a class without arguments, with attributes, as TorchScript writes modules. */
  object<T>(module: string, name: string, attributes: Iterable<readonly [string, T]>, write: (item: T) => void): void {
    this.global(module, name)
    this.op(')')
    this.bytes(0x81)
    this.dict(attributes, write)
    this.op('b')
  }

  /** A contiguous tensor that is the whole storage `key`. */
  tensor(dtype: DType, shape: Shape, key: string): void {
    const storage = STORAGES[dtype]
    if (storage === undefined) throw new RangeError(`PyTorch has no storage of ${dtype}`)
    this.global('torch._utils', '_rebuild_tensor_v2')
    this.op('(')
    this.op('(')
    this.remembered('storage')
    this.global('torch', storage)
    this.text(key)
    this.remembered('cpu')
    this.number(shape.reduce((product, size) => product * size, 1))
    this.op('t')
    this.op('Q')
    this.number(0)
    this.sizes(shape)
    this.sizes(shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1)))
    this.value(false)
    this.orderedDict([], () => undefined)
    this.op('t')
    this.op('R')
  }

  private items<T>(entries: Iterable<readonly [string, T]>, write: (item: T) => void): void {
    this.op('(')
    for (const [key, item] of entries) {
      this.text(key)
      write(item)
    }
    this.op('u')
  }

  private sizes(sizes: Shape): void {
    this.op('(')
    for (const size of sizes) this.number(size)
    this.op('t')
  }

  private number(value: number): void {
    if (!Number.isSafeInteger(value)) {
      const bytes = Buffer.alloc(9, 'G')
      bytes.writeDoubleBE(value, 1)
      this.parts.push(bytes)
    } else if (value >= 0 && value < 256) this.bytes(0x4b, value)
    else if (Math.abs(value) < 2 ** 31) {
      const bytes = Buffer.alloc(5, 'J')
      bytes.writeInt32LE(value, 1)
      this.parts.push(bytes)
    } else {
      const bytes = Buffer.alloc(10, 0x8a)
      bytes[1] = 8
      bytes.writeBigInt64LE(BigInt(value), 2)
      this.parts.push(bytes)
    }
  }

  private text(text: string): void {
    const bytes = Buffer.from(text)
    const length = Buffer.alloc(5, 'X')
    length.writeUInt32LE(bytes.length, 1)
    this.parts.push(length, bytes)
  }

  private global(module: string, name: string): void {
    this.once(`${module}.${name}`, () => this.parts.push(Buffer.from(`c${module}\n${name}\n`)))
  }

  private remembered(text: string): void {
    this.once(text, () => this.text(text))
  }

  /** Writes something the first time, and a reference to it from then on. */
  private once(key: string, write: () => void): void {
    const known = this.memo.get(key)
    if (known !== undefined) return this.bytes(0x68, known)
    write()
    this.bytes(0x71, this.memo.size)
    this.memo.set(key, this.memo.size)
  }

  private op(character: string): void {
    this.parts.push(Buffer.from(character))
  }

  private bytes(...bytes: number[]): void {
    this.parts.push(Uint8Array.from(bytes))
  }
}

function isList(value: Picklable): value is readonly Picklable[] {
  return Array.isArray(value)
}
