import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { ModelInfo } from '#models/api'
import type { Overrides } from '#models/architectures/architecture'
import { StudioError } from '#models/errors'
import { FAKE_TENSORS, FakeClient, FakeEngine, fakeShell } from './fake-engine'
import { mapOutputs } from './output-meanings'
import { start } from './start.svelte'
import { Studio } from './studio.svelte'

const KEPT = { 'output:dense': 'score-map' }
const OUTPUT = {
  name: 'dense',
  dtype: 'float32',
  shape: [1, 4, 8, 8],
  meaning: 'feature-map',
  meanings: ['ignore', 'feature-map', 'score-map'],
  tensor: 'dense'
} as const
const FILE: Partial<ModelInfo> = { system: 'onnx', tensors: FAKE_TENSORS.slice(0, 1), outputs: [OUTPUT] }

let engine: FakeEngine
let shell: ReturnType<typeof fakeShell>
let studio: Studio
/** by the hash of the file */
let kept: Map<string, Overrides>
beforeEach(async () => {
  engine = new FakeEngine()
  engine.opensAs = ({ path, overrides }) => {
    if (overrides?.['output:dense'] === 'refused') throw new StudioError('invalid', 'It cannot be that.')
    return path.endsWith('.onnx') ? FILE : { tensors: FAKE_TENSORS }
  }
  kept = new Map()
  shell = {
    ...fakeShell(),
    outputMeanings: async ({ hash }) => kept.get(hash),
    saveOutputMeanings: async ({ hash, meanings }) => void kept.set(hash, meanings)
  }
  studio = new Studio(new FakeClient(engine), shell)
  await start(studio)
  await vi.waitFor(() => expect(studio.lead?.decoded).toBe(true))
})

const opened = () => engine.calls.filter(({ method }) => method === 'openModel').map(({ request }) => request)

describe('what outputs of a file mean', () => {
  it('is kept by its content and holds when it is opened again, anywhere', async () => {
    await studio.opener.openModel({ path: '/a/x.onnx' })
    const slot = studio.lead
    if (!slot) throw new Error('nothing is open')
    await mapOutputs(studio, slot, KEPT)
    expect([...kept.values()]).toEqual([KEPT])
    await studio.opener.openModel({ path: '/b/copy.onnx' })
    expect(studio.choices.models[0]).toMatchObject({ path: '/b/copy.onnx', overrides: KEPT })
    expect(opened().at(-1)).toMatchObject({ path: '/b/copy.onnx', overrides: KEPT })
  })

  it('said twice in a row holds both times', async () => {
    await studio.opener.openModel({ path: '/a/x.onnx' })
    const slot = studio.lead
    if (!slot) throw new Error('nothing is open')
    await Promise.all([mapOutputs(studio, slot, { normalization: '0..1' }), mapOutputs(studio, slot, KEPT)])
    expect(studio.choices.models[0]?.overrides).toEqual({ ...KEPT, normalization: '0..1' })
    expect([...kept.values()]).toEqual([{ ...KEPT, normalization: '0..1' }])
  })

  it('is not kept where the file cannot be opened so', async () => {
    await studio.opener.openModel({ path: '/a/x.onnx' })
    const slot = studio.lead
    if (!slot) throw new Error('nothing is open')
    await mapOutputs(studio, slot, { 'output:dense': 'refused' })
    expect(slot.changeError?.message).toBe('It cannot be that.')
    expect(kept.size).toBe(0)
    expect(studio.choices.models[0]?.overrides).toBeUndefined()
  })

  it('that no longer fits leaves the file as it is, and other files are not asked about', async () => {
    kept.set('ab'.repeat(32), { 'output:dense': 'refused' })
    await studio.opener.openModel({ path: '/a/x.onnx' })
    expect(studio.choices.models[0]).toEqual({ path: '/a/x.onnx', classes: undefined })
    expect(studio.opener.failedModel).toBeUndefined()
    await studio.opener.openModel({ path: '/a/y.pth' })
    expect(studio.choices.models[0]?.overrides).toBeUndefined()
  })
})
