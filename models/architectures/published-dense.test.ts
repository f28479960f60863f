import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { complete, factsOf } from '../../bench/expect-complete'
import { publishedResNet101, publishedResNet50, publishedVitB16, type PublishedModel } from '../../bench/published'
import type { Tensors } from '../../bench/published-clip'
import { deepStemResnet, RESNET_SIZES, torchvisionResnet, type ResnetName } from '../../bench/published-resnets'
import { zeros } from '../../bench/random-tensor'
import { WrittenFiles } from '../../bench/written-files'
import { isBuilt } from './graph-stage'

/*
 * Every published size of DenseCLIP, its baselines and ImageNet ResNets, from files of that layout without values (see
 * published-sizes.test.ts).
 */

let files: WrittenFiles
beforeAll(async () => {
  files = await WrittenFiles.inNewFolder()
})
afterAll(() => files.remove())

const CLIP_MEAN = [122.7709383, 116.7460125, 104.09373615]
const CLIP_STD = [68.5005327, 66.6321579, 70.32316305]
const IMAGENET = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] }

const DENSECLIPS = [
  [publishedResNet50(), 'CLIP ResNet 3-4-6-3, width 64', { layers: [3, 4, 6, 3], output_dim: 1024, heads: 32 }, 3],
  [publishedResNet101(), 'CLIP ResNet 3-4-23-3, width 64', { layers: [3, 4, 23, 3], output_dim: 512, heads: 32 }, 3],
  [publishedVitB16(), 'CLIP ViT of 12 blocks, width 768, patch 16', { layers: 12, output_dim: 512, heads: 12 }, 2]
] as const satisfies readonly (readonly [PublishedModel, string, object, number])[]

describe('DenseCLIP', () => {
  it.each(DENSECLIPS.map((model) => [model[0].title, ...model] as const))(
    '%s',
    async (_, model, summary, facts, join) => {
      const { name, inputSize, classes, config, tensors } = model
      const meta = { CLASSES: classes, config }
      // a file says what mmcv writes, or (cut to its weights) nothing
      for (const extras of [{ meta }, {}]) {
        const file = await files.add(`denseclip-${name}.pth`, tensors, { container: 'state_dict', extras })
        const detection = await complete(file)
        expect(detection).toMatchObject({ system: 'denseclip', summary: `DenseCLIP, ${summary}` })
        expect(factsOf(detection)).toMatchObject({
          ...facts,
          backbone_input_resolution: inputSize,
          text_width: 512,
          text_heads: 8,
          text_layers: 12,
          learned_contexts: 8,
          name_context_length: 5,
          decoder_width: 256,
          decoder_layers: 3,
          decoder_heads: 4,
          score_concat_index: join,
          classes: 150,
          fpn_channels: 256,
          ...(name === 'vit-b-16' && { out_indices: [3, 5, 7, 11] })
        })
        expect(detection.preprocess).toMatchObject({
          mean: CLIP_MEAN,
          std: CLIP_STD,
          shortSide: inputSize,
          maxLongSide: 2048,
          window: inputSize,
          stride: Math.floor((inputSize * 2) / 3)
        })
      }
    }
  )
})

const belowBackbone = (tensors: Tensors): Tensors =>
  new Map(
    [...tensors].filter(([name]) => !name.startsWith('fc.')).map(([name, tensor]) => [`backbone.${name}`, tensor])
  )

describe('DenseCLIP whose trunk is not CLIP’s', () => {
  const RN50 = publishedResNet50()
  const rest = [...RN50.tensors].filter(([name]) => !/^backbone\.(?!attnpool)/.test(name))
  it.each([
    ['torchvision’s ResNet-50', belowBackbone(torchvisionResnet('resnet50')), 'ResNet 3-4-6-3, width 64'],
    ['mmcv’s with a deep stem', deepStemResnet([3, 4, 6, 3]), 'ResNet with a deep stem 3-4-6-3, width 64']
  ] as const)('%s', async (name, trunk, summary) => {
    const file = await files.add(`denseclip-${name}.pth`, new Map([...trunk, ...rest]), { container: 'state_dict' })
    const detection = await complete(file)
    expect(detection).toMatchObject({ system: 'denseclip', summary: `DenseCLIP, ${summary}`, preprocess: IMAGENET })
    expect(detection.tensors.map((tensor) => tensor.name)).toEqual(expect.arrayContaining(['score_map', 'seg_logits']))
  })
})

/** A DenseCLIP without language: its trunk or another, and a neck whose inputs have no score map behind them. */
function baseline({ tensors }: PublishedModel, trunk?: Tensors): Tensors {
  const OF_LANGUAGE = /^(?:text_encoder\.|context_decoder\.|contexts$|gamma$|backbone\.(?:attnpool\.|ln_post\.|proj$))/
  const kept = [...tensors].filter(([name]) => !OF_LANGUAGE.test(name) && !(trunk && name.startsWith('backbone.')))
  const narrow = kept.map(([name, tensor]) => {
    const [outputs = 0, inputs = 0, ...kernel] = tensor.shape
    const isJoined = name.startsWith('neck.lateral_convs.') && (inputs === 2048 + 150 || inputs === 768 + 150)
    return [name, isJoined ? zeros(tensor.dtype, [outputs, inputs - 150, ...kernel]) : tensor] as const
  })
  return new Map([...(trunk ?? []), ...narrow])
}

describe('Semantic FPN without language', () => {
  it.each([
    ['CLIP RN50', baseline(publishedResNet50()), 'CLIP ResNet 3-4-6-3, width 64', CLIP_MEAN, 512],
    ['CLIP RN101', baseline(publishedResNet101()), 'CLIP ResNet 3-4-23-3, width 64', CLIP_MEAN, 512],
    ['CLIP ViT-B/16', baseline(publishedVitB16()), 'CLIP ViT of 12 blocks, width 768, patch 16', CLIP_MEAN, 640],
    [
      'ImageNet R50 with a deep stem',
      baseline(publishedResNet50(), deepStemResnet([3, 4, 6, 3])),
      'ResNet with a deep stem 3-4-6-3, width 64',
      IMAGENET.mean,
      512
    ],
    [
      'ImageNet R101 with a deep stem',
      baseline(publishedResNet50(), deepStemResnet([3, 4, 23, 3])),
      'ResNet with a deep stem 3-4-23-3, width 64',
      IMAGENET.mean,
      512
    ],
    [
      'torchvision R50',
      baseline(publishedResNet50(), belowBackbone(torchvisionResnet('resnet50'))),
      'ResNet 3-4-6-3, width 64',
      IMAGENET.mean,
      512
    ]
  ] as const)('%s', async (name, tensors, summary, mean, shortSide) => {
    const file = await files.add(`fpn-${name}.pth`, tensors, { container: 'state_dict', extras: { meta: {} } })
    const detection = await complete(file)
    expect(detection).toMatchObject({ system: 'semantic-fpn', summary: `Semantic FPN, ${summary}` })
    expect(factsOf(detection)).toMatchObject({ classes: 150, fpn_channels: 256 })
    expect(detection.preprocess).toMatchObject({ mean, shortSide })
  })
})

describe('ImageNet ResNets', () => {
  it.each(Object.keys(RESNET_SIZES) as ResnetName[])('torchvision’s %s', async (name) => {
    const { blocks, block } = RESNET_SIZES[name]
    const detection = await complete(await files.add(`${name}.pth`, torchvisionResnet(name)))
    expect(detection.system).toBe('imagenet-resnet')
    expect(factsOf(detection)).toMatchObject({ layers: blocks, block })
    expect(detection.preprocess).toMatchObject(IMAGENET)
    const deepest = block === 'Bottleneck' ? 2048 : 512
    const encoder = detection.stages.find(isBuilt)
    const outputs = encoder?.build().outputs.map(({ name: output, shape }) => [output, shape[1]])
    expect(outputs?.at(-1)).toEqual(['x4', deepest])
    const groups = encoder?.build().nodes.map(({ attributes }) => attributes['group'])
    const isGrouped = name.startsWith('resnext')
    expect(groups?.filter((group) => group !== undefined)).toHaveLength(
      isGrouped ? blocks.reduce<number>((sum, count) => sum + count, 0) : 0
    )
    expect(factsOf(detection)['groups']).toBe(isGrouped ? 32 : undefined)
  })

  it('mmcv’s with a deep stem', async () => {
    const detection = await complete(await files.add('resnet50_v1c.pth', deepStemResnet([3, 4, 6, 3])))
    expect(detection).toMatchObject({
      system: 'imagenet-resnet',
      summary: 'ResNet with a deep stem 3-4-6-3, width 64'
    })
  })
})
