import { describe, expect, it } from 'vitest'
import { memorySource } from '../checkpoints/memory-source'
import { readCheckpoint } from '../checkpoints/index'
import { sampleOnnx, type SampleOptions } from '../graph/onnx-sample'
import type { Detection, Overrides } from './architecture'
import { detect } from './index'

async function detected(options: SampleOptions = {}, overrides: Overrides = {}): Promise<Detection> {
  const checkpoint = await readCheckpoint(memorySource('sample.onnx', sampleOnnx(options).model))
  const detection = await detect(checkpoint, overrides)
  if (!detection) throw new Error('it was not recognised')
  return detection
}

const meaningsOf = ({ outputs = [] }: Detection) => outputs.map(({ name, meaning, tensor }) => [name, meaning, tensor])

describe('an ONNX file that is run as it is', () => {
  it('says what goes in, and takes outputs for what name and shape make sure', async () => {
    const detection = await detected()
    expect(detection).toMatchObject({ system: 'onnx', missing: [], classes: undefined })
    expect(meaningsOf(detection)).toEqual([
      ['dense', 'feature-map', 'dense'],
      ['cells', 'feature-map', 'cells'],
      ['pooled', 'picture-embedding', 'global_embedding'],
      ['winners', 'ignore', undefined]
    ])
    expect(detection.outputs?.[0]).toMatchObject({ dtype: 'float32', shape: ['batch', 4, 'rows', 'columns'] })
    expect(detection.stages).toMatchObject([
      { kind: 'file', inputs: ['image'], outputs: ['dense', 'cells', 'global_embedding'], classCount: undefined }
    ])
    expect(detection.notes.map(({ message }) => message)).toEqual([
      'Outputs are shown under the authors’ names: “pooled” as global_embedding.',
      'Left out, since nothing says what they are: “winners”.'
    ])
  })

  it('follows the user, numbers the classes where nothing names them, and resizes logits as of any decoder', async () => {
    const scores = await detected({}, { 'output:dense': 'score-map' })
    expect(scores.tensors[0]).toMatchObject({
      name: 'score_map',
      kind: 'score-map',
      axes: ['batch', 'class', 'row', 'column'],
      meaning: 'score of each cell for each class: the output dense'
    })
    expect(scores.classes).toEqual(['class 1', 'class 2', 'class 3', 'class 4'])
    const logits = await detected({}, { 'output:dense': 'logits' })
    expect(logits.tensors.map(({ name }) => name)).toEqual([
      'seg_logits_low',
      'cells',
      'global_embedding',
      'seg_logits'
    ])
    expect(logits.stages.map(({ id }) => id)).toEqual(['onnx', 'upsample'])
    expect(logits.facts.find(({ key }) => key === 'output:dense')).toMatchObject({ value: 'logits', source: 'user' })
  })

  it.each([
    ['{0: "road", 1: "car", 2: "sky", 3: "tree"}', ['road', 'car', 'sky', 'tree']],
    ["['road', 'car', 'sky', 'tree']", ['road', 'car', 'sky', 'tree']],
    ['road, car, sky, tree', ['road', 'car', 'sky', 'tree']],
    ['["road", "car"]', ['class 1', 'class 2', 'class 3', 'class 4']],
    ['[1, 2, 3, 4]', ['class 1', 'class 2', 'class 3', 'class 4']]
  ])('reads class names written as %s', async (names, expected) => {
    const { classes } = await detected({ metadata: { names } }, { 'output:dense': 'score-map' })
    expect(classes).toEqual(expected)
  })

  it('scales pictures to the one size that it takes, or as it is set', async () => {
    const fixed = await detected({ size: [64, 96] })
    expect(fixed.preprocess).toMatchObject({ exactSize: { height: 64, width: 96 }, padToMultipleOf: undefined })
    expect(fixed.notes.map(({ message }) => message).at(-1)).toMatch(/stretched to 64 × 96/)
    const open = await detected({}, { normalization: '0..1', short_side: 256, pad_to_multiple: 8 })
    expect(open.preprocess).toMatchObject({ mean: [0, 0, 0], std: [255, 255, 255], shortSide: 256, padToMultipleOf: 8 })
    expect((await detected()).preprocess.mean).toEqual([123.675, 116.28, 103.53])
    expect((await detected({}, { 'output:dense': 'score-map' })).preprocess.mean[0]).toBeCloseTo(122.77)
  })

  it.each<[string, SampleOptions, Overrides, RegExp]>([
    ['a text as well', { tokens: true }, {}, /takes 2 inputs, “image”, “tokens”, and tokens of a text are not put/],
    ['weights in another folder', { weightsIn: 'sub/weights.bin' }, {}, /only a file in the same folder is read/],
    ['operators of its own', { operator: 'Mix', domain: 'my.domain' }, {}, /operator “my.domain.Mix” belongs neither/],
    ['a meaning that its shape cannot have', {}, { 'output:pooled': 'score-map' }, /output:pooled has to be/],
    [
      'one meaning twice',
      {},
      { 'output:dense': 'logits', 'output:cells': 'logits' },
      /“dense” and “cells” are both taken for the logits/
    ],
    [
      'two numbers of classes',
      {},
      { 'output:dense': 'logits', 'output:cells': 'score-map' },
      /“cells” has 3 classes and another output 4/
    ]
  ])('is refused in one sentence with %s', async (_, options, overrides, message) => {
    await expect(detected(options, overrides)).rejects.toThrow(message)
  })

  it('is not what weights alone are', async () => {
    const checkpoint = await readCheckpoint(memorySource('sample.onnx', sampleOnnx().model))
    const { graph } = checkpoint
    if (!graph) throw new Error('it has no graph')
    expect(await detect({ ...checkpoint, graph: { ...graph, nodeCount: 0 } })).toBeUndefined()
  })
})
