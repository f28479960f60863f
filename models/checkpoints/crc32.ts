/** Tables for eight bytes at a time ("slicing by 8"): table[k][b] is the CRC of byte b followed by k zero bytes. */
const TABLES: readonly Int32Array[] = (() => {
  const first = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    first[byte] = value
  }
  const tables = [first]
  for (let k = 1; k < 8; k++) {
    const before = tables[k - 1] ?? first
    tables.push(before.map((value) => (value >>> 8) ^ (first[value & 0xff] ?? 0)))
  }
  return tables
})()

/** CRC-32 as zip uses it (polynomial 0xEDB88320), unsigned. `before` is the CRC of the bytes in front of these. */
export function crc32(bytes: Uint8Array, before = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES as readonly [
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array
  ]
  let crc = ~before
  let i = 0
  for (const end = bytes.length - 7; i < end; i += 8) {
    crc ^= at(bytes, i) | (at(bytes, i + 1) << 8) | (at(bytes, i + 2) << 16) | (at(bytes, i + 3) << 24)
    crc =
      at(t7, crc & 0xff) ^
      at(t6, (crc >>> 8) & 0xff) ^
      at(t5, (crc >>> 16) & 0xff) ^
      at(t4, crc >>> 24) ^
      at(t3, at(bytes, i + 4)) ^
      at(t2, at(bytes, i + 5)) ^
      at(t1, at(bytes, i + 6)) ^
      at(t0, at(bytes, i + 7))
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ at(t0, (crc ^ at(bytes, i)) & 0xff)
  return ~crc >>> 0
}

function at(array: Uint8Array | Int32Array, index: number): number {
  return array[index] ?? 0
}
