import { expect, it } from 'vitest'
import { ProtoWriter } from './protobuf'

const hex = (writer: ProtoWriter) => Buffer.from(writer.finish()).toString('hex')

// the examples of protobuf.dev/programming-guides/encoding
it('writes varints, texts and embedded messages as the guide to the format does', () => {
  expect(hex(new ProtoWriter().int(1, 150))).toBe('089601')
  expect(hex(new ProtoWriter().string(2, 'testing'))).toBe('120774657374696e67')
  expect(hex(new ProtoWriter().message(3, (inner) => inner.int(1, 150)))).toBe('1a03089601')
})

it('writes a negative number as ten bytes of two’s complement', () => {
  expect(hex(new ProtoWriter().int(1, -1))).toBe('08ffffffffffffffffff01')
  expect(hex(new ProtoWriter().int(1, 2 ** 40))).toBe('08808080808020')
})

it('writes floats as four little-endian bytes', () => {
  expect(hex(new ProtoWriter().float(2, 1.5))).toBe('150000c03f')
})

it('takes field numbers above 15 and contents larger than its first buffer', () => {
  expect(hex(new ProtoWriter().int(20, 1))).toBe('a00101')
  const long = new Uint8Array(1000).fill(7)
  const written = new ProtoWriter().bytes(1, long).finish()
  expect(written.slice(0, 3)).toEqual(Uint8Array.of(0x0a, 0xe8, 0x07))
  expect(written.slice(3)).toEqual(long)
})
