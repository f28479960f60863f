import { describe, expect, test } from 'vitest'
import { memorySource } from './memory-source'
import { onnx } from './onnx'

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) + 128)
  }
}

const number = (field: number, value: number): Buffer => Buffer.concat([varint(field * 8), varint(value)])

function bytes(field: number, ...content: (Uint8Array | string)[]): Buffer {
  const all = Buffer.concat(content.map((part) => Buffer.from(part as string)))
  return Buffer.concat([varint(field * 8 + 2), varint(all.length), all])
}

const model = (...graph: Uint8Array[]): Buffer =>
  Buffer.concat([number(1, 8), bytes(7, ...graph), bytes(8, number(2, 20))])
const initializer = (...fields: Uint8Array[]): Buffer => bytes(5, ...fields)
const open = (file: Uint8Array) => onnx.read(memorySource('x.onnx', file))

const FLOAT = 1
/** A type with sizes, names of sizes, and sizes without a name. */
const valueType = (dtype: number, ...shape: (number | string | undefined)[]): Buffer => {
  const sizes = shape.map((size) =>
    bytes(1, ...(typeof size === 'number' ? [number(1, size)] : size ? [bytes(2, size)] : []))
  )
  return bytes(2, bytes(1, number(1, dtype), bytes(2, ...sizes)))
}
const INT64 = 7
const external = (location: string): Buffer => bytes(13, bytes(1, 'location'), bytes(2, location))

describe('ONNX models', () => {
  test('initializers in every field that may hold them, and the names of what goes in and out', async () => {
    const { stateDict, graph, notes } = await open(
      model(
        bytes(1, bytes(1, 'x'), bytes(4, 'Relu')),
        initializer(
          number(1, 2),
          number(2, FLOAT),
          bytes(8, 'raw'),
          bytes(9, Buffer.from(Float32Array.of(1, 2).buffer))
        ),
        initializer(
          bytes(1, varint(1), varint(2)),
          number(2, FLOAT),
          bytes(8, 'floats'),
          bytes(4, Buffer.from(Float32Array.of(3, 4).buffer))
        ),
        initializer(
          number(1, 2),
          number(2, INT64),
          bytes(8, 'ints'),
          bytes(7, varint(300), Buffer.concat([Buffer.alloc(9, 0xff), Buffer.of(1)]))
        ),
        initializer(number(1, 2), number(2, 3), bytes(8, 'small'), bytes(5, varint(5), varint(6))),
        initializer(number(1, 1), number(2, 10), bytes(8, 'half'), bytes(5, varint(0x3c00))),
        initializer(number(2, FLOAT), bytes(8, 'scalar'), bytes(9, Buffer.from(Float32Array.of(9).buffer))),
        initializer(number(1, 1), number(2, 8), bytes(8, 'text'), bytes(6, 'abc')),
        bytes(11, bytes(1, 'image'), valueType(FLOAT, 1, 3, 'H', undefined)),
        bytes(11, bytes(1, 'raw')),
        bytes(12, bytes(1, 'logits'))
      )
    )
    const values = new Map<string, unknown>()
    for (const [name, tensor] of stateDict) values.set(name, await tensor.read())
    expect(values).toEqual(
      new Map<string, unknown>([
        ['raw', { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) }],
        ['floats', { dtype: 'float32', shape: [1, 2], data: Float32Array.of(3, 4) }],
        ['ints', { dtype: 'int64', shape: [2], data: BigInt64Array.of(300n, -1n) }],
        ['small', { dtype: 'int8', shape: [2], data: Int8Array.of(5, 6) }],
        ['half', { dtype: 'float16', shape: [1], data: Uint16Array.of(0x3c00) }],
        ['scalar', { dtype: 'float32', shape: [], data: Float32Array.of(9) }]
      ])
    )
    expect(graph).toEqual({
      inputs: [{ name: 'image', dtype: 'float32', shape: [1, 3, 'H', ''] }],
      outputs: [{ name: 'logits', dtype: undefined, shape: undefined }],
      nodeCount: 1,
      operators: ['Relu'],
      metadata: new Map(),
      dataFiles: []
    })
    expect(notes).toEqual([{ code: 'skipped', message: '“text” was left out: its type is not read here.' }])
  })

  test('weights in a file beside it are listed, and reading them says where they are', async () => {
    const { stateDict } = await open(
      model(initializer(number(1, 2), number(2, FLOAT), bytes(8, 'w'), external('weights/x.bin'), number(14, 1)))
    )
    expect(stateDict.get('w')?.shape).toEqual([2])
    await expect(stateDict.get('w')?.read()).rejects.toMatchObject({ code: 'unsupported', entry: 'w' })
  })

  test.each(['/etc/passwd', '../x', 'a/../../x', 'C:\\x', '\\\\server\\x', '..\\x', '~/x', ''])(
    'refused: weights at “%s”',
    async (location) => {
      const file = model(initializer(number(1, 2), number(2, FLOAT), bytes(8, 'w'), external(location), number(14, 1)))
      await expect(open(file)).rejects.toMatchObject({ code: 'path', entry: 'w' })
    }
  )

  const hidden = (location: string): Buffer =>
    bytes(1, bytes(4, 'Constant'), bytes(5, bytes(5, bytes(8, 'c'), external(location), number(14, 1))))
  test.each<[string, (location: string) => Buffer]>([
    ['a constant', hidden],
    ['a branch', (location) => bytes(1, bytes(4, 'If'), bytes(5, bytes(6, hidden(location))))],
    [
      'a branch’s initializer',
      (location) => bytes(1, bytes(5, bytes(6, initializer(bytes(8, 'c'), external(location)))))
    ],
    ['a sparse initializer', (location) => bytes(15, bytes(1, bytes(8, 'c'), external(location)))]
  ])('files that %s names are told and refused alike', async (_, part) => {
    expect((await open(model(part('c.bin')))).graph?.dataFiles).toEqual(['c.bin'])
    await expect(open(model(part('../c.bin')))).rejects.toMatchObject({ code: 'path', entry: 'c' })
  })

  test('operators in functions and branches are told with their domains', async () => {
    const node = (name: string, domain: string, ...more: Uint8Array[]) =>
      bytes(1, bytes(4, name), ...(domain ? [bytes(7, domain)] : []), ...more)
    const branch = bytes(5, bytes(6, node('Relu', 'ai.onnx'), node('Sort', 'my.domain')))
    const file = Buffer.concat([
      model(node('If', '', branch), node('Gelu', 'com.microsoft'), node('Mine', 'pkg')),
      bytes(25, bytes(1, 'Mine'), bytes(7, bytes(4, 'Erf')), bytes(10, 'pkg')),
      bytes(14, bytes(1, 'names'), bytes(2, 'a, b'))
    ])
    const { graph } = await open(file)
    expect(graph?.operators).toEqual(['Erf', 'Relu', 'my.domain.Sort', 'If', 'com.microsoft.Gelu'])
    expect(graph?.nodeCount).toBe(6)
    expect(graph?.metadata).toEqual(new Map([['names', 'a, b']]))
  })

  test('branches in branches without end are refused', async () => {
    let part = bytes(1, bytes(4, 'Relu'))
    for (let depth = 0; depth < 100; depth++) part = bytes(1, bytes(5, bytes(6, part)))
    await expect(open(model(part))).rejects.toMatchObject({ code: 'limit' })
  })

  const W = [number(2, FLOAT), bytes(8, 'w')] as const
  test.each<[string, Uint8Array, string]>([
    ['no graph', number(1, 8), 'not-a-model'],
    ['no version of the operators', model().subarray(0, -4), 'truncated'],
    ['two graphs', Buffer.concat([model(), model()]), 'corrupt'],
    ['fewer values than the shape says', model(initializer(number(1, 3), ...W, bytes(9, new Uint8Array(8)))), 'range'],
    ['no values', model(initializer(number(1, 3), ...W)), 'range'],
    [
      'a shape beyond any size',
      model(initializer(number(1, 2 ** 40), number(1, 2 ** 40), ...W, bytes(9, '1234'))),
      'range'
    ],
    ['a negative size', model(initializer(bytes(1, Buffer.alloc(9, 0xff), Buffer.of(1)), ...W)), 'range'],
    ['the same name twice', model(...[1, 2].map(() => initializer(...W, bytes(9, '1234')))), 'corrupt'],
    ['values in two places', model(initializer(...W, bytes(9, '1234'), bytes(4, '1234'))), 'unsupported'],
    ['external data without a place', model(initializer(number(1, 2), ...W, number(14, 1))), 'corrupt'],
    ['a part that is cut', model(initializer(...W)).subarray(0, -6), 'truncated'],
    ['a part that ends outside of what it is in', Buffer.concat([bytes(7, Buffer.of(0x2a, 50))]), 'truncated'],
    ['field 0', model(Buffer.of(0, 0)), 'corrupt'],
    ['a group', model(Buffer.of(11, 12)), 'corrupt'],
    ['a number of eleven bytes', model(Buffer.from([8, ...new Array<number>(11).fill(0xff)])), 'corrupt'],
    ['600,000 fields', model(Buffer.alloc(1_200_000, Buffer.of(8, 0))), 'limit']
  ])('refused: %s', async (_, file, code) => {
    const startMs = performance.now()
    await expect(open(file)).rejects.toMatchObject({ code, file: 'x.onnx' })
    expect(performance.now() - startMs).toBeLessThan(2000)
  })
})
