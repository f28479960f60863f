import type { Checkpoint, Note, StateDict } from '../checkpoints/checkpoint'
import { StudioError } from '../errors'
import { Ledger, Scope } from '../graph/scope'
import { buildSamMaskDecoder } from '../graph/sam-decoder'
import { buildSamImageEncoder } from '../graph/sam-encoder'
import { buildSamPromptEncoder, gridFeatures } from '../graph/sam-prompts'
import type { Architecture, Detection, Overrides } from './architecture'
import { Facts } from './facts'
import { graphStage } from './graph-stage'
import { IMAGENET_NORMALIZATION } from './preprocess'
import { fromSamModel } from './sam-names'
import * as specs from './sam-specs'

/** Names of the published sizes, by their widths. */
const SIZES: Readonly<Record<number, string>> = { 768: 'ViT-B', 1024: 'ViT-L', 1280: 'ViT-H' }
/** Blocks that see the whole grid, as published: the last of each quarter. */
const QUARTERS = [1, 2, 3, 4]
/** Heads of the mask decoder as published. */
const DECODER_HEADS = 8
/** Buffers with the mean and deviation of the pictures, which some files carry. */
const BUFFERS = ['pixel_mean', 'pixel_std']

const RENAMED: Note = {
  code: 'renamed',
  message: 'The names are those of Hugging Face’s SamModel; the authors’ are used here.'
}

/** SAM (Kirillov et al., 2023), ViT-B, L and H: github.com/facebookresearch/segment-anything, segment_anything/modeling. */
export const sam = {
  name: 'sam',
  detect(checkpoint: Checkpoint, overrides: Overrides): Promise<Detection | undefined> {
    const renamed = fromSamModel(checkpoint.stateDict)
    const stateDict = renamed ?? checkpoint.stateDict
    const isSam =
      stateDict.has('image_encoder.patch_embed.proj.weight') &&
      stateDict.has('image_encoder.blocks.0.attn.qkv.weight') &&
      stateDict.has('mask_decoder.mask_tokens.weight')
    return Promise.resolve(
      isSam ? detection(stateDict, checkpoint.source.name, overrides, renamed ? [RENAMED] : []) : undefined
    )
  }
} satisfies Architecture

function detection(stateDict: StateDict, file: string, overrides: Overrides, nameNotes: readonly Note[]): Detection {
  const ledger = new Ledger(stateDict, file)
  const root = new Scope(ledger)
  const facts = new Facts(overrides, file)
  const encoder = readEncoder(root.at('image_encoder'), facts, file)
  const { width, layers, side, pixels } = encoder

  const prompts = root.at('prompt_encoder')
  const frequencies = prompts.take('pe_layer.positional_encoding_gaussian_matrix', [2, undefined])
  const decoder = root.at('mask_decoder')
  const transformer = decoder.at('transformer')
  const [attended = 0] = transformer.take('final_attn_token_to_image.q_proj.weight', [undefined, undefined]).shape
  const [masks = 0, channels = 0] = decoder.take('mask_tokens.weight', [undefined, undefined]).shape
  facts.fromShape('output_dim', channels)
  facts.fromShape('decoder_layers', transformer.at('layers').count())
  facts.fromShape('masks', masks)
  const heads = facts.heads('decoder_heads', attended, { configured: undefined, rule: DECODER_HEADS })

  const stages = [
    graphStage(buildSamImageEncoder(root.at('image_encoder'), encoder)),
    { ...graphStage(buildSamPromptEncoder(prompts, { side, pixels })), perPrompts: true },
    {
      ...graphStage(buildSamMaskDecoder(decoder, { heads, side, cellFeatures: gridFeatures(frequencies, side) })),
      perPrompts: true
    }
  ] as const
  root.ignore((name) => BUFFERS.includes(name))

  return {
    system: 'sam',
    summary: `SAM ${SIZES[width] ?? 'ViT'} of ${layers} blocks, width ${width}, pictures of ${pixels} pixels`,
    reason: 'It has a picture encoder with relative positions, a prompt encoder and a mask decoder.',
    facts: facts.list,
    preprocess: {
      ...IMAGENET_NORMALIZATION,
      shortSide: undefined,
      maxLongSide: pixels,
      resize: 'pillow',
      padToMultipleOf: pixels,
      window: pixels,
      stride: pixels
    },
    tensors: [...specs.globalBlocks(encoder.globalBlocks, layers), specs.IMAGE_EMBEDDING],
    prompts: { maskSide: 4 * side, tensors: specs.PROMPTED },
    stages,
    ...ledger.account(),
    notes: [
      ...nameNotes,
      {
        code: 'assumed',
        message: `Every picture is scaled so that its long side is ${pixels}, and filled with zeros to the square.`
      },
      ...facts.unusedOverrides()
    ]
  }
}

function readEncoder(scope: Scope, facts: Facts, file: string) {
  const [width = 0, , patch = 0] = scope.take('patch_embed.proj.weight', [undefined, 3, undefined, undefined]).shape
  const [, side = 0, columns = 0] = scope.take('pos_embed', [1, undefined, undefined, width]).shape
  if (side !== columns) {
    throw new StudioError(
      'unsupported',
      `${file}: its positions are of ${side}×${columns} cells, and SAM takes squares only; use the authors' checkpoint.`,
      { file, entry: `${scope.prefix}pos_embed` }
    )
  }
  const blocks = scope.at('blocks')
  const layers = blocks.count()
  const pixels = side * patch
  facts.fromShape('layers', layers)
  facts.fromShape('width', width)
  facts.fromShape('patch_size', patch)
  facts.fromShape('image_size', pixels)

  const tables = Array.from({ length: layers }, (_, index) =>
    blocks.at(index, 'attn').take('rel_pos_h', [undefined, undefined])
  )
  const lengths = tables.map(({ shape }) => shape[0] ?? 0)
  const headWidth = tables[0]?.shape[1] || width
  const heads = facts.heads('image_encoder_heads', width, {
    configured: undefined,
    rule: width / headWidth,
    ruleSource: 'shape'
  })
  if (heads * headWidth !== width) {
    throw new StudioError(
      'invalid',
      `${file}: image_encoder_heads is ${heads}, but its relative positions are for heads of width ${headWidth}, ` +
        `which are ${width / headWidth} heads.`,
      { file, entry: 'image_encoder_heads' }
    )
  }
  // a table has a row for every distance within its window
  const shortest = Math.min(...lengths)
  const window = facts.count('window_size', {
    configured: undefined,
    rule: Math.ceil((shortest + 1) / 2),
    ruleSource: 'shape'
  })
  const longer = lengths.flatMap((length, index) => (length > shortest ? [index] : []))
  const globalBlocks = facts.indices('global_attn_indexes', undefined, layers, {
    configured: undefined,
    // tables of one length do not tell which blocks they are
    ...(longer.length > 0
      ? { rule: longer, ruleSource: 'shape' }
      : { rule: QUARTERS.map((quarter) => Math.ceil((quarter * layers) / 4) - 1) })
  })
  return { width, layers, side, pixels, heads, window, globalBlocks }
}
