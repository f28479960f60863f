import { StudioError } from '../errors'
import { END, GraphBuilder, type Floats } from '../graph/builder'
import { EPSILON, quickGelu } from '../graph/layers'
import type { Scope } from '../graph/scope'
import { gridSide, mapFromRows } from '../graph/tokens'
import { vitEmbeddings, vitTokens, type VitOptions } from '../graph/vit'
import { vitPyramid } from '../graph/vit-pyramid'
import type { Choice, Facts } from './facts'
import { graphStage } from './graph-stage'
import { outputEmbeddings, outputFeatures, type ImageSide } from './image-side'
import * as specs from './tensor-specs'

/** Numbers of CLIP's VisionTransformer that its shapes tell. */
export function readSizes(scope: Scope, facts: Facts) {
  const [width = 0, , patch = 0] = scope.take('conv1.weight', [undefined, 3, undefined, undefined]).shape
  const layers = scope.at('transformer', 'resblocks').count()
  // Semantic FPN uses the ViT without its way into the joint space
  const channels =
    scope.hasAny('ln_post') || scope.has('proj') ? (scope.take('proj', [width, undefined]).shape[1] ?? 0) : 0
  const trainedSide = gridSide(scope.take('positional_embedding', [undefined, width])) * patch
  facts.fromShape('layers', layers)
  facts.fromShape('width', width)
  facts.fromShape('patch_size', patch)
  if (channels > 0) facts.fromShape('output_dim', channels)
  facts.fromShape('backbone_input_resolution', trainedSide)
  const summary = `CLIP ViT of ${layers} blocks, width ${width}, patch ${patch}`
  return { width, patch, layers, channels, trainedSide, summary }
}

/** Widths of the ViTs that open_clip published and OpenAI did not, H/14, g/14 and bigG/14: all have 16 heads. */
const OPEN_CLIP_WIDTHS = [1280, 1408, 1664]

/** Whether a ViT is of a width that open_clip alone published. */
export function isOpenClipWidth(width: number): boolean {
  return OPEN_CLIP_WIDTHS.includes(width)
}

/** CLIP's rule: heads of width 64, but for the largest of open_clip. */
export function headChoice(configured: number | undefined, width: number): Choice<number> {
  return { configured, rule: isOpenClipWidth(width) ? 16 : Math.max(1, Math.floor(width / 64)) }
}

interface DenseVitOptions {
  readonly file: string
  readonly configuredHeads: number | undefined
  readonly configuredOutIndices: readonly number[] | undefined
}

/** The ViT of DenseCLIP: four blocks become x1..x4 through a pyramid; z̄ and z where it has `ln_post` and `proj`. */
export function denseVitSide(scope: Scope, facts: Facts, options: DenseVitOptions): ImageSide {
  const { width, patch, layers, channels, trainedSide, summary } = readSizes(scope, facts)
  if (patch !== 8 && patch !== 16) {
    throw new StudioError(
      'unsupported',
      `${options.file}: DenseCLIP has no pyramid for a ViT with patches of ${patch} pixels; only 8 and 16 are known.`,
      { file: options.file }
    )
  }
  const heads = facts.heads('heads', width, headChoice(options.configuredHeads, width))
  // the published 3, 5, 7, 11 of 12 blocks, in proportion
  const rule = [4, 6, 8, 12].map((twelfths) => Math.round((twelfths * layers) / 12) - 1)
  const outIndices = facts.indices('out_indices', 4, layers, { configured: options.configuredOutIndices, rule })
  const vit = { heads, activation: quickGelu, epsilon: EPSILON, fit: 'bilinear', classEmbeddings: 2 } as const
  const featureChannels = [width, width, width, width]

  const g = new GraphBuilder('image_encoder')
  const image = g.input('image', 'float32', [1, 3, 'H', 'W'])
  const { grid, blocks } = vitTokens(g, image, scope, vit)
  const taps = blocks.filter((_, index) => outIndices.includes(index))
  outputFeatures(g, vitPyramid(g, taps, scope, { grid, width, patch }), featureChannels)
  const [last = image] = blocks.slice(-1)
  if (channels > 0) outputEmbeddings(g, vitEmbeddings(g, last, scope, { grid, width, epsilon: EPSILON }))

  return {
    summary,
    isClip: true,
    featureChannels,
    channels,
    trainedSide,
    stages: [graphStage(g.build())],
    tensors: channels > 0 ? [...specs.FEATURES, ...specs.VIT_EMBEDDINGS] : specs.FEATURES
  }
}

interface PlainVitOptions extends Pick<VitOptions, 'activation'> {
  readonly configuredHeads: number | undefined
}

/** CLIP's ViT itself: the output of every block as a map, and the attention of every block on demand. */
export function plainVitSide(scope: Scope, facts: Facts, options: PlainVitOptions): ImageSide {
  const { width, layers, channels, trainedSide, summary } = readSizes(scope, facts)
  const heads = facts.heads('heads', width, headChoice(options.configuredHeads, width))
  const vit = {
    heads,
    activation: options.activation,
    epsilon: EPSILON,
    fit: 'bilinear',
    classEmbeddings: 1
  } as const

  return {
    summary,
    isClip: true,
    featureChannels: [],
    channels,
    trainedSide,
    stages: [graphStage(imageEncoder()), graphStage(blockAttention())],
    tensors: [...specs.blockOutputs(layers), ...specs.VIT_EMBEDDINGS, specs.BLOCK_ATTENTION]
  }

  function imageEncoder() {
    const g = new GraphBuilder('image_encoder')
    const image = g.input('image', 'float32', [1, 3, 'H', 'W'])
    const { grid, blocks } = vitTokens(g, image, scope, vit)
    blocks.forEach((tokens, index) => {
      const cells = g.slice(tokens, 0, 1, END)
      g.output(`block_${index + 1}`, mapFromRows(g, cells, width, grid), [1, width, 'h', 'w'])
    })
    const [last = image] = blocks.slice(-1)
    outputEmbeddings(g, vitEmbeddings(g, last, scope, { grid, width, epsilon: EPSILON }))
    return g.build()
  }

  // the picture goes through the blocks once more: kept apart, since the weights of all of them are large
  function blockAttention() {
    const g = new GraphBuilder('block_attention')
    const image = g.input('image', 'float32', [1, 3, 'H', 'W'])
    const weights: Floats[] = []
    vitTokens(g, image, scope, { ...vit, onWeights: (layer) => weights.push(layer) })
    const stacked = weights.map((layer) => g.op('Unsqueeze', [layer, g.sizes([0])]))
    g.output('block_attention', g.concat(stacked, 0), [layers, heads, 'tokens', 'tokens'])
    return g.build()
  }
}
