import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openFile } from '../../main/files'
import { elementCount } from '../tensor'
import type { Checkpoint, StateDict } from './checkpoint'
import { readCheckpoint } from './index'

const SHARED = join(import.meta.dirname, '../../../shared')

/**
 * File, tensors, elements, and the start of a SHA-256 over names, types, shapes and values, in the order of the names:
 * what PyTorch 1.13 (torch.load, torch.jit.load) found in them.
 */
const FOUND_BY_PYTORCH = [
  ['golden-systems/clip-rn-cocoop/model.pth.tar-50', 7, 24196, '1848396ae54bdaec'],
  ['golden-systems/clip-rn-coop-specific-middle/model.pth.tar-50', 3, 24640, '4541b4e1e5f0c24c'],
  ['golden-systems/clip-rn-coop-unified-end/model.pth.tar-50', 3, 23616, 'c93ebd2241e9f856'],
  ['golden-systems/clip-rn-coop-unified-front/model.pth.tar-50', 3, 23616, 'c93ebd2241e9f856'],
  ['golden-systems/clip-rn-maskclip/text_embeddings.pth', 1, 320, '15ecc914c1266ff6'],
  ['golden-systems/clip-rn/checkpoint.pt', 156, 4608047, 'b548fd458b21b2cf'],
  ['golden-systems/clip-vit-cocoop/model.pth.tar-50', 7, 24019, 'e7a874354e4231be'],
  ['golden-systems/clip-vit-coop-specific-middle/model.pth.tar-50', 3, 24640, '3be9145242c148d8'],
  ['golden-systems/clip-vit-coop-unified-end/model.pth.tar-50', 3, 23616, 'fcd662064f0357b5'],
  ['golden-systems/clip-vit-coop-unified-front/model.pth.tar-50', 3, 23616, 'fcd662064f0357b5'],
  ['golden-systems/clip-vit-maskclip/text_embeddings.pth', 1, 240, 'da0389cd7108bd0c'],
  ['golden-systems/clip-vit/checkpoint.pt', 74, 3972289, '3f62c6ec7e6c0292'],
  ['golden-systems/cocoop-real/model.pth.tar-50', 7, 24019, '808c57f72c3ad65b'],
  ['golden-systems/coop-real/model.pth.tar-50', 3, 23104, '535beed0c58f0048'],
  ['golden-systems/imagenet-resnet-bottleneck/checkpoint.pth', 122, 3161182, 'eb848db7c36967fa'],
  ['golden-systems/imagenet-resnet/checkpoint.pth', 74, 5424564, '82098ba520de6704'],
  ['golden-systems/maskclip-files/ViT16_clip_backbone.pth', 43, 695936, '7d9ad0a2fc663981'],
  ['golden-systems/maskclip-files/ViT16_clip_weights.pth', 1, 6144, '3057aafbdfab75da'],
  ['golden-systems/maskclip-files/voc_ViT16_clip_text.pth', 1, 192, '08bfc9ce75e14749'],
  ['golden-systems/sam-interpolated/checkpoint.pth', 202, 211036, 'fdbfff908ff5c7a5'],
  ['golden-systems/sam/checkpoint.pth', 188, 271788, '70a56f6c52496b35'],
  ['golden/clip-tiny.pt', 156, 2947855, 'e5a105677dc43f34'],
  ['golden/denseclip-detection/checkpoint.pth', 264, 1299351, '09d964ec3458978b'],
  ['golden/denseclip-rn-odd/checkpoint.pth', 268, 2236567, '6ab2cf8a4daab23d'],
  ['golden/denseclip-rn-published/checkpoint.pth', 318, 883110, 'af594bfe2fb17525'],
  ['golden/denseclip-rn/checkpoint.pth', 306, 3158522, 'bc717ac5ece75901'],
  ['golden/denseclip-vit-published/checkpoint.pth', 336, 3160141, 'fc3e26206515c36e'],
  ['golden/denseclip-vit/checkpoint.pth', 240, 2079022, 'e7981b90ddd79a39'],
  ['golden/rn-tiny/checkpoint.pth', 288, 3157239, '9280cc2a2c05405e'],
  ['golden/vit-tiny/checkpoint.pth', 240, 2084398, 'c5249157d92ae37a'],
  ['sample-models/checkpoints/clip-mini-rn.pt', 201, 3928914, 'a2cffc653cba0921'],
  ['sample-models/checkpoints/clip-mini-vit.pt', 110, 3581345, 'aee5edeced9fdb1d'],
  ['sample-models/checkpoints/denseclip-mini-rn-supervised.pth', 336, 4309603, 'b10f12bca044beb7'],
  ['sample-models/checkpoints/denseclip-mini-rn.pth', 336, 4309603, '0bc1548e7daa914d'],
  ['sample-models/checkpoints/denseclip-mini-vit.pth', 264, 4146227, 'a3d2c6f576abeee0']
] as const

async function digest(stateDict: StateDict): Promise<string> {
  const hash = createHash('sha256')
  for (const name of [...stateDict.keys()].sort()) {
    const tensor = await stateDict.get(name)?.read()
    if (!tensor) continue
    hash.update(`${name} ${tensor.dtype} [${tensor.shape.join(',')}]\n`)
    hash.update(new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength))
  }
  return hash.digest('hex').slice(0, 16)
}

async function withCheckpoint<T>(path: string, use: (checkpoint: Checkpoint) => Promise<T> | T): Promise<T> {
  const file = await openFile(join(SHARED, path))
  try {
    return await use(await readCheckpoint(file))
  } finally {
    await file.close()
  }
}

describe.skipIf(!existsSync(SHARED))('golden checkpoints (needs ../shared)', () => {
  test.each(FOUND_BY_PYTORCH)('%s: what PyTorch finds', async (path, tensors, elements, sha256) => {
    await withCheckpoint(path, async ({ stateDict }) => {
      expect(stateDict.size).toBe(tensors)
      expect([...stateDict.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(elements)
      expect(await digest(stateDict)).toBe(sha256)
    })
  })

  test('no checkpoint is left out', () => {
    const files = ['golden', 'golden-systems', 'sample-models'].flatMap((folder) =>
      readdirSync(join(SHARED, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
    )
    const checkpoints = files.filter((name) => /\.(pth|pt|tar-\d+)$/.test(name)).map((name) => relative('', name))
    expect(checkpoints.sort()).toEqual(FOUND_BY_PYTORCH.map(([path]) => path).sort())
  })

  test('the same weights as state dict and as safetensors', async () => {
    const read = (path: string, name: string): Promise<Uint8Array> =>
      withCheckpoint(path, async ({ stateDict }) => {
        const tensor = await stateDict.get(name)?.read()
        return new Uint8Array(tensor?.data.buffer ?? new ArrayBuffer(0))
      })
    const folder = 'golden-systems/clip-vit'
    const pairs = [
      ['positional_embedding', 'text_model.embeddings.position_embedding.weight'],
      ['visual.conv1.weight', 'vision_model.embeddings.patch_embedding.weight'],
      ['logit_scale', 'logit_scale']
    ] as const
    for (const [openai, huggingFace] of pairs) {
      const expected = await read(`${folder}/checkpoint.pt`, openai)
      expect(expected.length).toBeGreaterThan(0)
      expect(Buffer.compare(await read(`${folder}/checkpoint.safetensors`, huggingFace), expected), openai).toBe(0)
    }
  })

  test('training checkpoints: metadata is kept, the optimizer is not', async () => {
    await withCheckpoint('golden/denseclip-rn-published/checkpoint.pth', ({ container, extras, others, notes }) => {
      expect(container).toEqual(['state_dict'])
      expect([...extras.keys()]).toEqual(['meta'])
      expect([...others.keys()]).toEqual([])
      expect(notes).toEqual([])
      const meta = extras.get('meta')
      expect(meta).toBeInstanceOf(Map)
      expect(meta instanceof Map && meta.get('CLASSES')).toEqual(['wall', 'building', 'sky', 'traffic light', 'bed '])
    })
  })

  test('objects of a scheduler are passed over', async () => {
    await withCheckpoint('golden-systems/coop-real/model.pth.tar-50', ({ stateDict, extras }) => {
      expect([...stateDict.keys()]).toEqual(['ctx', 'token_prefix', 'token_suffix'])
      expect([...extras.keys()]).toEqual(['epoch', 'val_result'])
    })
  })

  test('TorchScript: buffers with the sizes are among the tensors', async () => {
    await withCheckpoint('golden/clip-tiny.pt', async ({ format, stateDict }) => {
      expect(format).toBe('torchscript')
      expect((await stateDict.get('context_length')?.read())?.data).toEqual(BigInt64Array.of(77n))
    })
  })

  test('a file with two state dicts gives both', async () => {
    await withCheckpoint('golden-systems/maskclip-files/ViT16_clip_weights.pth', (checkpoint) => {
      expect(checkpoint.container).toEqual(['proj'])
      expect(checkpoint.others.get('clip')?.has('cls_token')).toBe(true)
      expect(checkpoint.notes.map(({ code }) => code)).toEqual(['choice'])
    })
  })

  test('a tensor alone is a state dict with one name, which is empty', async () => {
    await withCheckpoint('golden-systems/maskclip-files/voc_ViT16_clip_text.pth', ({ stateDict, container }) => {
      expect(container).toEqual([])
      expect([...stateDict.keys()]).toEqual([''])
    })
  })
})
