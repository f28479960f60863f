import { describe, expect, test } from 'vitest'
import type { Checkpoint, Plain } from './checkpoint'
import { checkpointFrom } from './containers'
import { failIn } from './fault'
import { memorySource } from './memory-source'
import { UnknownInstance } from './pickle-objects'
import { Dict } from './plain'
import { StridedTensor } from './strided-tensor'

const fail = failIn('x.pth')

function tensor(length = 2): StridedTensor {
  const read = (start: number, end: number): Promise<Uint8Array> => Promise.resolve(new Uint8Array(end - start))
  const storage = { dtype: 'float32' as const, length: 2, isBigEndian: false, fail, read }
  return new StridedTensor('', storage, { shape: [length], strides: [1], offset: 0 })
}

/** Objects as dicts, numbers and tensors as they are. */
function dict(entries: Record<string, Plain>): Dict {
  return new Dict(Object.entries(entries))
}

function choose(root: Plain): Checkpoint {
  return checkpointFrom(root, { format: 'pytorch', source: memorySource('x.pth', new Uint8Array(0)), fail })
}

const weights = (): Dict => dict({ 'a.weight': tensor(), 'a.bias': tensor() })

describe('where the weights are', () => {
  test.each<[string, Plain, string[], string[]]>([
    ['the top level', weights(), [], []],
    ['state_dict', dict({ meta: dict({}), state_dict: weights() }), ['state_dict'], []],
    ['model', dict({ model: weights(), epoch: 3 }), ['model'], []],
    ['model_state_dict', dict({ model_state_dict: weights() }), ['model_state_dict'], []],
    ['state_dict before model', dict({ model: weights(), state_dict: weights() }), ['state_dict'], ['model']],
    ['never the average', dict({ state_dict_ema: weights(), weights: weights() }), ['weights'], ['state_dict_ema']],
    ['the average if there is nothing else', dict({ model_ema: weights() }), ['model_ema'], []],
    ['below another key', dict({ checkpoint: dict({ model: weights() }) }), ['checkpoint', 'model'], []],
    ['an average below another key', dict({ ema: dict({ model: weights() }), x: weights() }), ['x'], ['ema.model']],
    ['two of a kind, in order', dict({ vision: weights(), clip: weights() }), ['vision'], ['clip']],
    ['not the best accuracy at the top', dict({ state_dict: weights(), best: tensor() }), ['state_dict'], []],
    ['not the optimizer', dict({ optimizer: dict({ state: weights() }), net: weights() }), ['net'], []],
    ['the top level beside another dict', dict({ ...Object.fromEntries(weights()), clip: weights() }), [], ['clip']]
  ])('%s', (_, root, container, others) => {
    const checkpoint = choose(root)
    expect(checkpoint.container).toEqual(container)
    expect([...checkpoint.stateDict.keys()].slice(0, 2)).toEqual(['a.weight', 'a.bias'])
    expect([...checkpoint.others.keys()]).toEqual(others)
    expect(checkpoint.notes.map(({ code }) => code)).toEqual(others.length > 0 ? ['choice'] : [])
  })

  test('names are as stored', () => {
    const { stateDict } = choose(dict({ state_dict: dict({ 'module.backbone.w': tensor() }) }))
    expect(stateDict.get('module.backbone.w')?.name).toBe('module.backbone.w')
  })

  test('what is no tensor is left out by name', () => {
    const { notes, stateDict } = choose(dict({ state_dict: dict({ w: tensor(), q: new UnknownInstance('torch.x') }) }))
    expect([...stateDict.keys()]).toEqual(['w'])
    expect(notes).toEqual([{ code: 'skipped', message: '“q” was left out: “torch.x” is not read here.' }])
  })

  test('a thousand things that are no tensors do not make a thousand notes', () => {
    const unknown = Array.from({ length: 1000 }, (_, i) => [`q${i}`, new UnknownInstance('torch.x')] as const)
    const { notes } = choose(dict({ w: tensor(), ...Object.fromEntries(unknown) }))
    expect(notes.length).toBe(21)
    expect(notes.at(-1)?.message).toBe('980 more entries were left out.')
  })

  test('an impossible tensor is refused by name, but not one of the optimizer', () => {
    expect(() => choose(dict({ state_dict: dict({ w: tensor(3) }) }))).toThrowError(
      expect.objectContaining({ code: 'range', entry: 'w' })
    )
    const optimizer = dict({ state: dict({ '0': dict({ exp_avg: tensor(3) }) }) })
    expect(choose(dict({ state_dict: weights(), optimizer })).extras.size).toBe(0)
  })

  test('files without a state dict are no models, and a pickled model says what to save', () => {
    expect(() => choose(dict({ epoch: 3 }))).toThrowError(expect.objectContaining({ code: 'not-a-model' }))
    expect(() => choose(new UnknownInstance('models.Net'))).toThrowError(
      'x.pth: it holds an object of the class “models.Net” instead of a state dict. Save model.state_dict() in place of the model.'
    )
  })
})

describe('what else a file holds', () => {
  test('metadata without training state, objects without their content', () => {
    const config = new UnknownInstance('mmcv.utils.config.ConfigDict')
    config.items = dict({ type: 'X' })
    const { extras } = choose(
      dict({
        meta: dict({ CLASSES: ['wall'], config, args: new UnknownInstance('argparse.Namespace'), mean: tensor() }),
        state_dict: weights(),
        optimizer: dict({ lr: 1 }),
        lr_schedulers: [1],
        epoch: 7
      })
    )
    const meta = extras.get('meta')
    expect([...extras.keys()]).toEqual(['meta', 'epoch'])
    expect(meta).toEqual(
      new Map<string, unknown>([
        ['CLASSES', ['wall']],
        ['config', new Map([['type', 'X']])],
        ['args', { unknownClass: 'argparse.Namespace' }],
        ['mean', expect.objectContaining({ name: 'meta.mean', shape: [2] })]
      ])
    )
  })

  test('cycles, sharing without end and depth are cut, with a note', () => {
    const list: Plain[] = [1]
    list.push(list)
    let laughs: Plain = 'ha'
    for (let i = 0; i < 64; i++) laughs = [laughs, laughs]
    let deep: Plain = []
    for (let i = 0; i < 100_000; i++) deep = [deep]
    for (const meta of [list, laughs, deep]) {
      const startMs = performance.now()
      const { extras, notes } = choose(dict({ meta, state_dict: weights() }))
      expect(JSON.stringify(extras.get('meta')).length).toBeLessThan(20_000_000)
      expect(notes.map(({ code }) => code)).toEqual(['skipped'])
      expect(performance.now() - startMs).toBeLessThan(2000)
    }
    expect(choose(dict({ meta: list, state_dict: weights() })).extras.get('meta')).toEqual([
      1,
      { unknownClass: 'a reference to what it is in' }
    ])
  })

  test('a root that holds itself ends', () => {
    const root = dict({ state_dict: weights() })
    root.set('self', root)
    expect(choose(root).container).toEqual(['state_dict'])
  })
})
