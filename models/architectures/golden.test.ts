import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ModelCache } from '../../main/engine/model-cache'
import { openSession } from '../../main/engine/sessions'
import { openFile } from '../../main/files'
import { readCheckpoint } from '../checkpoints'
import type { Graph } from '../graph/graph'
import { packSequences, tokenIdsTensor } from '../text/packing'
import { sequenceOf } from '../text/sequences'
import { float32Tensor, toFloat32, type Tensor } from '../tensor'
import type { Detection, TextStage } from './architecture'
import { isBuilt } from './graph-stage'
import { detect } from './index'

/*
 * Golden cases through our own graphs, in ONNX Runtime: the tensors that the authors' PyTorch code
 * gave, within 1e-4 of the relative L2 norm.
 */

const SHARED = resolve(import.meta.dirname, '../../../shared')
const TOLERANCE = 1e-4

interface Case {
  readonly system: string
  readonly checkpoint?: string
  readonly input: string
  readonly tensors: Readonly<Record<string, { readonly file: string; readonly shape: readonly number[] }>>
}

async function readNpy(path: string): Promise<Tensor> {
  const file = await openFile(path)
  try {
    const { stateDict } = await readCheckpoint(file)
    const [stored] = stateDict.values()
    if (!stored) throw new Error(`${path} is empty`)
    return await stored.read()
  } finally {
    await file.close()
  }
}

/** Compiles the graph as the engine does, and runs it once. */
async function runGraph(graph: Graph, inputs: ReadonlyMap<string, Tensor>): Promise<Map<string, Tensor>> {
  const folder = await mkdtemp(join(tmpdir(), 'golden-'))
  try {
    const stage = { id: graph.name, build: () => graph }
    const entry = await new ModelCache(folder).open('case', { fileName: graph.name, stages: [stage] })
    const session = await openSession(join(entry, `${graph.name}.onnx`), {
      provider: 'cpu',
      threads: 2,
      keepsWorkspace: true
    })
    const feeds = graph.inputs.map(({ name }): [string, Tensor] => {
      const tensor = inputs.get(name)
      if (!tensor) throw new Error(`${graph.name} needs ${name}`)
      return [name, tensor]
    })
    const results = await session.run(
      new Map(feeds),
      graph.outputs.map(({ name }) => name)
    )
    await session.release()
    return results
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function encodeWords(stage: TextStage, tokenIds: Tensor): Promise<Tensor<'float32'>> {
  const names = rowsOf(tokenIds)
  const [learned = 0, width = stage.tokenEmbedding.shape[1] ?? 0] = stage.contexts?.shape ?? []
  const packed = packSequences(
    names.map((ids) => sequenceOf(ids, { first: 0, count: learned, position: 'end', nameTokens: ids.length }))
  )
  const table = toFloat32(await stage.tokenEmbedding.read()).data
  const contexts = stage.contexts ? toFloat32(await stage.contexts.read()).data : new Float32Array(0)
  const embeddings = new Float32Array(packed.tokens.length * width)
  packed.tokens.forEach((token, row) => {
    const source = token < 0 ? contexts : table
    const from = token < 0 ? -1 - token : token
    embeddings.set(source.subarray(from * width, (from + 1) * width), row * width)
  })
  const results = await runGraph(
    stage.build(),
    new Map<string, Tensor>([
      ['embeddings', float32Tensor([packed.tokens.length, width], embeddings)],
      ['positions', packed.positions],
      ['mask', packed.mask],
      ['end_rows', packed.endRows]
    ])
  )
  const words = results.get('text_embedding')
  if (!words) throw new Error('the text encoder gives no text_embedding')
  return float32Tensor([1, ...words.shape], toFloat32(words).data)
}

async function runStages(
  detection: Detection,
  image: Tensor,
  tokenIds: Tensor | undefined
): Promise<Map<string, Tensor>> {
  const [height = 0, width = 0] = image.shape.slice(2)
  const values = new Map<string, Tensor>([
    ['image', image],
    ['input_size', { dtype: 'int64', shape: [2], data: BigInt64Array.of(BigInt(height), BigInt(width)) }]
  ])
  if (tokenIds) values.set('token_ids', tokenIdsTensor(rowsOf(tokenIds), tokenIds.shape[1] ?? 0))
  const { gamma } = detection
  if (gamma) values.set('gamma', float32Tensor([gamma.length], Float32Array.from(gamma)))
  for (const stage of detection.stages.filter(isBuilt)) {
    if (stage.kind === 'text') {
      if (!tokenIds) throw new Error('the case has no token ids')
      values.set('text_embedding', await encodeWords(stage, tokenIds))
    } else for (const [name, tensor] of await runGraph(stage.build(), values)) values.set(name, tensor)
  }
  return values
}

function relativeError(got: Tensor, expected: Tensor): number {
  let difference = 0
  let norm = 0
  toFloat32(expected).data.forEach((value, i) => {
    difference += (Number(got.data[i]) - value) ** 2
    norm += value ** 2
  })
  return Math.sqrt(difference / norm)
}

/** Folder of a case under ../shared, and after a space a checkpoint in place of the one it names. */
const CASES = [
  'golden/rn-tiny',
  'golden/vit-tiny',
  'golden/denseclip-rn',
  'golden/denseclip-vit',
  'golden/denseclip-rn-odd',
  'golden/denseclip-rn-published',
  'golden/denseclip-vit-published',
  'golden/denseclip-detection',
  'golden/clip-tiny',
  'golden-systems/clip-rn',
  'golden-systems/clip-vit',
  'golden-systems/clip-vit checkpoint.safetensors',
  'golden-systems/imagenet-resnet',
  'golden-systems/imagenet-resnet-bottleneck'
]

describe.skipIf(!existsSync(SHARED))('golden cases (need ../shared)', () => {
  it.each(CASES)('%s', async (name) => {
    const [path = '', checkpoint] = name.split(' ')
    const folder = join(SHARED, path)
    const expected = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Case
    const file = await openFile(join(folder, checkpoint ?? expected.checkpoint ?? 'checkpoint.pth'))
    try {
      const detection = await detect(await readCheckpoint(file))
      expect(detection).toMatchObject({ system: expected.system, missing: [], unexpected: [] })
      if (!detection) return
      const declared = detection.tensors.map((spec) => spec.name)
      expect(declared).toEqual(expect.arrayContaining(Object.keys(expected.tensors)))

      const tokenIds = expected.tensors['token_ids'] && (await readNpy(join(folder, 'token_ids.npy')))
      const tensors = await runStages(detection, await readNpy(join(folder, expected.input)), tokenIds)
      const errors: Record<string, number> = {}
      for (const [tensor, { file: npy, shape }] of Object.entries(expected.tensors)) {
        const got = tensors.get(tensor)
        expect(got?.shape, tensor).toEqual(shape)
        if (got) errors[tensor] = relativeError(got, await readNpy(join(folder, npy)))
      }
      expect(Object.entries(errors).filter(([, error]) => !(error <= TOLERANCE))).toEqual([])
      for (const { name: tensor, axes } of detection.tensors) {
        expect(tensors.get(tensor)?.shape.length, tensor).toBe(axes.length)
      }
    } finally {
      await file.close()
    }
  })
})

function rowsOf(tokenIds: Tensor): number[][] {
  const [count = 0, length = 0] = tokenIds.shape
  const ids = Array.from(tokenIds.data, Number)
  return Array.from({ length: count }, (_, row) => ids.slice(row * length, (row + 1) * length))
}
