import { expect, it } from 'vitest'
import type { StoredTensor } from '../checkpoints/checkpoint'
import type { Shape } from '../tensor'
import { fromCustomText, fromHuggingFace } from './clip-names'

function stored(name: string, shape: Shape, values: readonly number[]): StoredTensor {
  const read = () => Promise.resolve({ dtype: 'float32' as const, shape, data: Float32Array.from(values) })
  return { name, dtype: 'float32', shape, read, readRows: read }
}

const dict = (...tensors: StoredTensor[]) => new Map(tensors.map((tensor) => [tensor.name, tensor]))

it('renames Hugging Face’s tensors, stacks q, k and v, and turns the projections round', async () => {
  const attention = 'vision_model.encoder.layers.3.self_attn.'
  const renamed = fromHuggingFace(
    dict(
      stored('text_model.embeddings.token_embedding.weight', [1, 1], [0]),
      stored('text_model.encoder.layers.0.mlp.fc1.bias', [1], [0]),
      stored('vision_model.pre_layrnorm.weight', [1], [0]),
      stored(`${attention}k_proj.weight`, [1, 2], [3, 4]),
      stored(`${attention}q_proj.weight`, [1, 2], [1, 2]),
      stored(`${attention}v_proj.weight`, [1, 2], [5, 6]),
      stored('visual_projection.weight', [2, 3], [1, 2, 3, 4, 5, 6]),
      stored('something.else', [1], [0])
    )
  )
  expect([...(renamed?.keys() ?? [])].sort()).toEqual([
    'something.else',
    'token_embedding.weight',
    'transformer.resblocks.0.mlp.c_fc.bias',
    'visual.ln_pre.weight',
    'visual.proj',
    'visual.transformer.resblocks.3.attn.in_proj_weight'
  ])
  const stacked = renamed?.get('visual.transformer.resblocks.3.attn.in_proj_weight')
  expect(stacked?.shape).toEqual([3, 2])
  expect((await stacked?.read())?.data).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6))
  expect((await stacked?.readRows(1, 2))?.data).toEqual(Float32Array.of(3, 4))
  const projection = renamed?.get('visual.proj')
  expect(projection?.shape).toEqual([3, 2])
  expect((await projection?.read())?.data).toEqual(Float32Array.of(1, 4, 2, 5, 3, 6))
})

it('leaves other names alone', () => {
  const openAi = dict(stored('token_embedding.weight', [1, 1], [0]))
  expect(fromHuggingFace(openAi)).toBeUndefined()
  expect(fromCustomText(openAi)).toBeUndefined()
  expect([...(fromCustomText(dict(stored('text.token_embedding.weight', [1, 1], [0])))?.keys() ?? [])]).toEqual([
    'token_embedding.weight'
  ])
})
