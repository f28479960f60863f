import { describe, expect, it } from 'vitest'
import { encodeModel } from './encode'
import type { Graph } from './graph'
import { float32Tensor } from '../tensor'

/** A decoder of its own, so that writer and reader can't share a mistake: field number → contents in order. */
type Message = Map<number, (bigint | Uint8Array)[]>

function decode(bytes: Uint8Array): Message {
  const message: Message = new Map()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] ?? 0
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const type = Number(tag & 7n)
    let content: bigint | Uint8Array
    if (type === 0) content = varint()
    else {
      const length = type === 5 ? 4 : Number(varint())
      content = bytes.slice(at, at + length)
      at += length
    }
    const field = Number(tag >> 3n)
    message.set(field, [...(message.get(field) ?? []), content])
  }
  return message
}

const messages = (message: Message | undefined, field: number): Message[] =>
  (message?.get(field) ?? []).map((content) => decode(content as Uint8Array))
const texts = (message: Message | undefined, field: number): string[] =>
  (message?.get(field) ?? []).map((content) => Buffer.from(content as Uint8Array).toString())

const GRAPH: Graph = {
  name: 'example',
  inputs: [{ name: 'x', dtype: 'float32', shape: [1, 'w'] }],
  outputs: [{ name: 'y', dtype: 'float32', shape: ['w', 3] }],
  nodes: [
    {
      op: 'Gemm',
      domain: '',
      name: 'gemm',
      inputs: ['x', 'w', ''],
      outputs: ['y'],
      attributes: {
        transB: { kind: 'int', value: 1 },
        alpha: { kind: 'float', value: 0.5 },
        mode: { kind: 'string', value: 'linear' },
        pads: { kind: 'ints', value: [1, -1] },
        scales: { kind: 'floats', value: [2] }
      }
    },
    { op: 'QuickGelu', domain: 'com.microsoft', name: 'gelu', inputs: ['y'], outputs: ['z'], attributes: {} }
  ],
  weights: [{ name: 'w', shape: [3, 5], read: () => Promise.resolve(float32Tensor([3, 5])) }],
  constants: [
    { name: 'axes', tensor: { dtype: 'int64', shape: [2], data: BigInt64Array.of(3n, -1n) } },
    { name: 'half', tensor: { dtype: 'float32', shape: [], data: Float32Array.of(0.5) } }
  ]
}
const PLACES = new Map([['w', { location: 'weights.bin', offset: 8192, length: 60 }]])

describe('encodeModel', () => {
  const model = decode(encodeModel(GRAPH, PLACES))
  const [graph] = messages(model, 7)

  it('says which operators it uses', () => {
    expect(model.get(1)).toEqual([9n])
    const sets = messages(model, 8).map((set) => [texts(set, 1)[0], set.get(2)?.[0]])
    expect(sets).toEqual([
      ['', 20n],
      ['com.microsoft', 1n]
    ])
  })

  it('writes nodes in order with their domain, their inputs (also left-out ones) and their outputs', () => {
    const [gemm, gelu] = messages(graph, 1)
    expect([texts(gemm, 4), texts(gemm, 1), texts(gemm, 2), texts(gemm, 7)]).toEqual([
      ['Gemm'],
      ['x', 'w', ''],
      ['y'],
      []
    ])
    expect([texts(gelu, 4), texts(gelu, 7)]).toEqual([['QuickGelu'], ['com.microsoft']])
  })

  it('writes attributes of every kind with their type', () => {
    const attributes = messages(messages(graph, 1)[0], 5)
    const byName = new Map(attributes.map((attribute) => [texts(attribute, 1)[0], attribute]))
    const typeOf = (name: string) => byName.get(name)?.get(20)?.[0]
    expect(byName.get('transB')?.get(3)).toEqual([1n])
    expect(byName.get('alpha')?.get(2)).toEqual([new Uint8Array(Float32Array.of(0.5).buffer)])
    expect(texts(byName.get('mode'), 4)).toEqual(['linear'])
    expect(byName.get('pads')?.get(8)).toEqual([1n, 2n ** 64n - 1n])
    expect(byName.get('scales')?.get(7)).toEqual([new Uint8Array(Float32Array.of(2).buffer)])
    expect(['transB', 'alpha', 'mode', 'pads', 'scales'].map(typeOf)).toEqual([2n, 1n, 3n, 7n, 6n])
  })

  it('leaves weights outside, at the place that it is told', () => {
    const weight = messages(graph, 5).find((tensor) => texts(tensor, 8)[0] === 'w')
    expect(weight?.get(1)).toEqual([3n, 5n])
    expect(weight?.get(9)).toBeUndefined()
    expect(weight?.get(14)).toEqual([1n])
    const entries = messages(weight, 13).map((entry) => [texts(entry, 1)[0], texts(entry, 2)[0]])
    expect(Object.fromEntries(entries)).toEqual({ location: 'weights.bin', offset: '8192', length: '60' })
  })

  it('takes constants along', () => {
    const named = new Map(messages(graph, 5).map((tensor) => [texts(tensor, 8)[0], tensor]))
    expect(named.get('axes')?.get(9)).toEqual([new Uint8Array(BigInt64Array.of(3n, -1n).buffer)])
    expect(named.get('axes')?.get(2)).toEqual([7n])
    expect(named.get('half')?.get(1)).toBeUndefined()
    expect(named.get('half')?.get(9)).toEqual([new Uint8Array(Float32Array.of(0.5).buffer)])
  })

  it('declares inputs and outputs with numbers and names as sizes', () => {
    const [input] = messages(graph, 11)
    const [type] = messages(messages(input, 2)[0], 1)
    expect(type?.get(1)).toEqual([1n])
    const [first, second] = messages(messages(type, 2)[0], 1)
    expect(first?.get(1)).toEqual([1n])
    expect(texts(second, 2)).toEqual(['w'])
    expect(texts(messages(graph, 12)[0], 1)).toEqual(['y'])
  })

  it('refuses a weight without a place, or with one of another size', () => {
    expect(() => encodeModel(GRAPH, new Map())).toThrow(/weight w has no place/)
    const short = new Map([['w', { location: 'weights.bin', offset: 0, length: 56 }]])
    expect(() => encodeModel(GRAPH, short)).toThrow(/takes 60 bytes, its place 56/)
  })
})
