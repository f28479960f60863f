import { describe, expect, it } from 'vitest'
import type { Progress } from '#models/api'
import { float32Tensor, type Tensor } from '#models/tensor'
import { Pipeline, type Step, type StepChain } from './pipeline'
import { Durations } from './progress'
import { TensorStore } from './tensor-store'

/** A step that adds its inputs and one, and notes that it ran. */
function step(log: string[], id: string, inputs: readonly string[], outputs: readonly string[], choices = ''): Step {
  return {
    id,
    kind: 'stage',
    inputs,
    outputs,
    onDemand: outputs.filter((name) => name.startsWith('large')),
    choices,
    async run(values, names) {
      log.push(`${id}(${names.join(' ')})`)
      const sum = inputs.reduce((total, name) => total + Number(values.get(name)?.data[0]), Number(choices))
      return { outputs: new Map(names.map((name) => [name, scalar(sum)])), provider: 'cpu' }
    }
  }
}

const scalar = (value: number): Tensor => float32Tensor([1], Float32Array.of(value))

/** picture → features (small, large) → score ← words; logits ← score */
function chain(log: string[], { picture = '1', words = '10' } = {}): StepChain {
  return {
    prefix: 'model',
    label: '',
    workload: '32 × 32',
    steps: [
      { ...step(log, 'source', [], ['picture'], picture), kind: 'source' },
      step(log, 'image', ['picture'], ['small', 'large']),
      step(log, 'text', [], ['words'], words),
      step(log, 'score', ['small', 'words'], ['scores']),
      step(log, 'head', ['scores'], ['logits'])
    ]
  }
}

function pipeline(limitBytes = 1000): Pipeline {
  return new Pipeline(new TensorStore(limitBytes), new Durations())
}

describe('pipeline', () => {
  it('runs what a tensor needs, inputs first, and nothing else', async () => {
    const log: string[] = []
    const { tensors, stages } = await pipeline().evaluate([{ chain: chain(log), names: ['scores'] }])
    expect(tensors[0]?.get('scores')?.data[0]).toBe(11)
    expect(log).toEqual(['source(picture)', 'image(small)', 'text(words)', 'score(scores)'])
    expect(stages.map(({ id, reused }) => [id, reused])).toEqual([
      ['image', false],
      ['text', false],
      ['score', false]
    ])
  })

  it('runs again only what depends on a change, and says what was kept', async () => {
    const log: string[] = []
    const runner = pipeline()
    await runner.evaluate([{ chain: chain(log), names: ['logits'] }])
    log.length = 0
    const { tensors, stages } = await runner.evaluate([{ chain: chain(log, { words: '20' }), names: ['logits'] }])
    expect(tensors[0]?.get('logits')?.data[0]).toBe(21)
    expect(log).toEqual(['text(words)', 'score(scores)', 'head(logits)'])
    expect(Object.fromEntries(stages.map(({ id, reused }) => [id, reused]))).toEqual({
      image: true,
      text: false,
      score: false,
      head: false
    })
  })

  it('tells the shapes of all that is there, computed or kept, and of nothing else', async () => {
    const runner = pipeline()
    const first = await runner.evaluate([{ chain: chain([]), names: ['scores'] }])
    const there = ['picture', 'scores', 'small', 'words'].map((name) => [name, [1]])
    expect([...first.shapes].sort()).toEqual(there)
    const again = await runner.evaluate([{ chain: chain([]), names: ['scores'] }])
    expect([...again.shapes].sort()).toEqual(there)
    const large = await runner.evaluate([{ chain: chain([]), names: ['large'] }])
    expect([...large.shapes.keys()].sort()).toEqual(['large', 'picture', 'small'])
  })

  it('names every kept stage where nothing runs', async () => {
    const log: string[] = []
    const runner = pipeline()
    await runner.evaluate([{ chain: chain(log), names: ['logits'] }])
    log.length = 0
    const { stages } = await runner.evaluate([{ chain: chain(log), names: ['logits'] }])
    expect(log).toEqual([])
    expect(stages.map(({ id }) => id).sort()).toEqual(['head', 'image', 'score', 'text'])
    expect(stages.every(({ reused }) => reused)).toBe(true)
  })

  it('computes large outputs when they are asked for, and does not lose the others', async () => {
    const log: string[] = []
    const runner = pipeline()
    await runner.evaluate([{ chain: chain(log), names: ['small'] }])
    await runner.evaluate([{ chain: chain(log), names: ['large'] }])
    expect(log).toEqual(['source(picture)', 'image(small)', 'image(large small)'])
    log.length = 0
    await runner.evaluate([{ chain: chain(log), names: ['small', 'large'] }])
    expect(log).toEqual([])
  })

  it('computes what no longer fits again', async () => {
    const log: string[] = []
    const runner = pipeline(8)
    await runner.evaluate([{ chain: chain(log), names: ['logits'] }])
    log.length = 0
    const { tensors } = await runner.evaluate([{ chain: chain(log), names: ['words'] }])
    expect(log).toEqual(['text(words)'])
    expect(tensors[0]?.get('words')?.data[0]).toBe(10)
  })

  it('runs a step that several windows share once', async () => {
    const log: string[] = []
    const windows = ['1', '2'].map((picture, i) => ({
      chain: { ...chain(log, { picture }), label: `window ${i + 1} of 2` },
      names: ['scores']
    }))
    const seen: Progress[] = []
    const { tensors, stages } = await pipeline().evaluate(windows, { onProgress: (progress) => seen.push(progress) })
    expect(tensors.map((each) => each.get('scores')?.data[0])).toEqual([11, 12])
    expect(log.filter((line) => line.startsWith('text'))).toHaveLength(1)
    expect(stages.map(({ id }) => id)).toEqual(['image', 'text', 'score'])
    expect(seen.map(({ step: name }) => name)).toContain('window 2 of 2: score')
    expect(seen.map(({ share }) => share)).toEqual([...seen.map(({ share }) => share)].sort((a, b) => a - b))
  })

  it('lets two callers wait for one run', async () => {
    const log: string[] = []
    const runner = pipeline()
    await Promise.all([1, 2].map(() => runner.evaluate([{ chain: chain(log), names: ['logits'] }])))
    expect(log).toHaveLength(5)
  })

  it('ends between steps when it is cancelled, and keeps what was done', async () => {
    const log: string[] = []
    const runner = pipeline()
    const controller = new AbortController()
    const onProgress = ({ step: name }: Progress): void => {
      if (name === 'score') controller.abort()
    }
    const context = { signal: controller.signal, onProgress }
    await expect(runner.evaluate([{ chain: chain(log), names: ['logits'] }], context)).rejects.toMatchObject({
      code: 'cancelled'
    })
    expect(log.at(-1)).toBe('score(scores)')
    log.length = 0
    await runner.evaluate([{ chain: chain(log), names: ['logits'] }])
    expect(log).toEqual(['head(logits)'])
  })

  it('promises time from steps of the same size alone', async () => {
    const runner = pipeline()
    const left = async (picture: string, workload: string): Promise<(number | undefined)[]> => {
      const seen: Progress[] = []
      const wanted = { chain: { ...chain([], { picture }), workload }, names: ['logits'] }
      await runner.evaluate([wanted], { onProgress: (progress) => seen.push(progress) })
      return seen.map(({ remainingMs }) => remainingMs)
    }
    expect(new Set(await left('1', '512 × 512'))).toEqual(new Set([undefined]))
    expect(await left('2', '512 × 512')).not.toContain(undefined)
    expect(new Set(await left('3', '3000 × 3000'))).toEqual(new Set([undefined]))
  })

  it('says which names there are', async () => {
    const missing = pipeline().evaluate([{ chain: chain([]), names: ['mask'] }])
    await expect(missing).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining('scores, logits') })
  })

  it('does not keep a step that failed', async () => {
    const log: string[] = []
    const runner = pipeline()
    const good = chain(log)
    const bad = {
      ...good,
      steps: good.steps.map((each) =>
        each.id === 'head' ? { ...each, run: () => Promise.reject(new Error('no memory')) } : each
      )
    }
    await expect(runner.evaluate([{ chain: bad, names: ['logits'] }])).rejects.toThrow('no memory')
    const { tensors } = await runner.evaluate([{ chain: good, names: ['logits'] }])
    expect(tensors[0]?.get('logits')?.data[0]).toBe(11)
  })
})
