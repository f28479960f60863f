import { expect, it } from 'vitest'
import { GraphBuilder } from './builder'

it('gives a value that becomes an output the output’s name, also where later nodes use it', () => {
  const g = new GraphBuilder('g')
  const x = g.input('x', 'float32', [1])
  const sum = g.add(x, x)
  const product = g.mul(sum, sum)
  g.output('sum', sum, [1])
  g.output('product', product, [1])
  const { nodes, outputs } = g.build()
  expect(nodes.map(({ op, inputs, outputs: [output] }) => [op, ...inputs, output])).toEqual([
    ['Add', 'x', 'x', 'sum'],
    ['Mul', 'sum', 'sum', 'product']
  ])
  expect(outputs.map(({ name }) => name)).toEqual(['sum', 'product'])
})

it('copies where one value is two outputs, or an input is an output', () => {
  const g = new GraphBuilder('g')
  const x = g.input('x', 'float32', [1])
  const sum = g.add(x, x)
  g.output('first', sum, [1])
  g.output('second', sum, [1])
  g.output('same', x, [1])
  const copies = g.build().nodes.filter(({ op }) => op === 'Identity')
  expect(copies.map(({ inputs, outputs }) => [...inputs, ...outputs])).toEqual([
    ['first', 'second'],
    ['x', 'same']
  ])
})

it('keeps equal constants once and needs no node for sizes that are known', () => {
  const g = new GraphBuilder('g')
  const x = g.input('x', 'float32', ['n'])
  g.reshape(x, [2, -1])
  g.reshape(x, [2, -1])
  expect(g.build().constants.map(({ name }) => name)).toEqual(['sizes_2_-1'])
  expect(g.build().nodes.map(({ op }) => op)).toEqual(['Reshape', 'Reshape'])
  g.reshape(x, [g.size(x, 0), 1])
  expect(g.build().nodes.map(({ op }) => op)).toEqual(['Reshape', 'Reshape', 'Shape', 'Concat', 'Reshape'])
})
