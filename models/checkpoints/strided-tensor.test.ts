import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BYTES_PER_ELEMENT, type DType } from '../tensor'
import { failIn } from './fault'
import { contiguousStrides, StridedTensor, type Layout } from './strided-tensor'

const WIDTHS: readonly [DType, number][] = [
  ['uint8', 1],
  ['uint16', 2],
  ['float32', 4],
  ['int64', 8]
]

/** A storage that holds 0, 1, 2 … and writes down what is read. */
function counting(dtype: DType, length: number, isBigEndian = false) {
  const width = BYTES_PER_ELEMENT[dtype]
  const view = new DataView(new ArrayBuffer(length * width))
  for (let i = 0; i < length; i++) {
    if (dtype === 'float32') view.setFloat32(4 * i, i, !isBigEndian)
    else if (width === 8) view.setBigInt64(8 * i, BigInt(i), !isBigEndian)
    else if (width === 2) view.setUint16(2 * i, i, !isBigEndian)
    else view.setUint8(i, i)
  }
  const reads: [number, number][] = []
  const storage = {
    dtype,
    length,
    isBigEndian,
    fail: failIn('x.pth'),
    read: (start: number, end: number) => {
      reads.push([start / width, end / width])
      return Promise.resolve(new Uint8Array(view.buffer, start, end - start))
    }
  }
  const tensor = (layout: Layout): StridedTensor => new StridedTensor('', storage, layout).checked('w')
  return { tensor, reads, bytes: new Uint8Array(view.buffer) }
}

/** The elements that a layout means, by its definition. */
function expected({ shape, strides, offset }: Layout): number[] {
  return shape.reduce<number[]>(
    (starts, size, axis) =>
      starts.flatMap((start) => Array.from({ length: size }, (_, i) => start + i * (strides[axis] ?? 0))),
    [offset]
  )
}

describe('tensors as views of storages', () => {
  test.each(WIDTHS)('%s: any layout gives the elements it means, either byte order', async (dtype) => {
    const size = fc.integer({ min: 0, max: 4 })
    const layouts = fc
      .array(fc.tuple(size, fc.integer({ min: 0, max: 9 })), { maxLength: 4 })
      .chain((axes) => fc.tuple(fc.constant(axes), fc.nat(20)))
    await fc.assert(
      fc.asyncProperty(layouts, fc.boolean(), async ([axes, offset], isBigEndian) => {
        const layout = { shape: axes.map(([n]) => n), strides: axes.map(([, stride]) => stride), offset }
        const { tensor, bytes } = counting(dtype, 200, isBigEndian)
        const before = bytes.slice()
        const read = await tensor(layout).read()
        expect([...read.data].map(Number)).toEqual(expected(layout))
        // what the source gave is not written to
        expect(bytes).toEqual(before)
      })
    )
  })

  test('only the bytes of the tensor are read', async () => {
    const { tensor, reads } = counting('float32', 100)
    const matrix = tensor({ shape: [5, 4], strides: contiguousStrides([5, 4]), offset: 40 })
    expect(reads).toEqual([])
    await matrix.read()
    expect([...(await matrix.readRows(2, 4)).data]).toEqual([48, 49, 50, 51, 52, 53, 54, 55])
    expect((await matrix.readRows(3, 3)).shape).toEqual([0, 4])
    expect(reads).toEqual([
      [40, 60],
      [48, 56]
    ])
  })

  test('rows of a transposed matrix', async () => {
    const { tensor } = counting('float32', 12)
    const rows = await tensor({ shape: [4, 3], strides: [1, 4], offset: 0 }).readRows(1, 3)
    expect(rows.shape).toEqual([2, 3])
    expect([...rows.data]).toEqual([1, 5, 9, 2, 6, 10])
  })

  test('rows that are not there are an error', async () => {
    const { tensor } = counting('float32', 12)
    const matrix = tensor({ shape: [4, 3], strides: [3, 1], offset: 0 })
    for (const [start, end] of [
      [-1, 2],
      [3, 5],
      [2, 1],
      [0.5, 1]
    ] as const) {
      await expect(matrix.readRows(start, end)).rejects.toMatchObject({ code: 'range', entry: 'w' })
    }
  })

  test('true is 1, whatever the byte', async () => {
    const { tensor } = counting('uint8', 4)
    const { storage } = tensor({ shape: [4], strides: [1], offset: 0 })
    const bools = new StridedTensor('b', { ...storage, dtype: 'bool' }, { shape: [4], strides: [1], offset: 0 })
    expect([...(await bools.read()).data]).toEqual([0, 1, 1, 1])
  })

  test.each<[string, Layout, string]>([
    ['beyond the end', { shape: [4], strides: [1], offset: 97 }, 'range'],
    ['beyond the end by stride', { shape: [2, 2], strides: [99, 1], offset: 0 }, 'range'],
    ['in front', { shape: [1], strides: [1], offset: -1 }, 'range'],
    ['backwards', { shape: [2], strides: [-1], offset: 5 }, 'range'],
    ['negative size', { shape: [-4], strides: [1], offset: 0 }, 'corrupt'],
    ['fractions', { shape: [1.5], strides: [1], offset: 0 }, 'corrupt'],
    ['beyond 2^53', { shape: [2 ** 33, 2 ** 33], strides: [0, 0], offset: 0 }, 'range'],
    ['infinite', { shape: [Infinity], strides: [0], offset: 0 }, 'corrupt'],
    ['a stride too few', { shape: [2, 2], strides: [1], offset: 0 }, 'corrupt'],
    ['65 axes', { shape: new Array<number>(65).fill(1), strides: new Array<number>(65).fill(1), offset: 0 }, 'limit'],
    ['90 billion times one value', { shape: [300_000, 300_000], strides: [0, 0], offset: 0 }, 'limit']
  ])('refused: %s', (_, layout, code) => {
    const { tensor } = counting('float32', 100)
    expect(() => tensor(layout)).toThrowError(expect.objectContaining({ code, entry: 'w' }))
  })

  test('a mask that repeats one row is read', async () => {
    const { tensor } = counting('float32', 100)
    const mask = await tensor({ shape: [1000, 100], strides: [0, 1], offset: 0 }).read()
    expect(mask.data.length).toBe(100_000)
    expect(mask.data[99_999]).toBe(99)
  })
})
