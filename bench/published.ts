import { ADE20K_CLASSES } from './ade20k'
import { Layout } from './layout'
import type { TensorToWrite } from './random-tensor'

/*
 * Checkpoints as large as the published ones, with random weights: keys and shapes of DenseCLIP with CLIP's RN50 and
 * RN101 at 512×512 and with ViT-B/16 at 640×640, trained on ADE20K. Timing depends on sizes, not on what was learned.
 */

export interface PublishedModel {
  /** as bench/pytorch/denseclip.py calls the sizes that it knows */
  readonly name: 'rn50' | 'rn101' | 'vit-b-16'
  readonly title: string
  /** side of the square input in pixels */
  readonly inputSize: number
  readonly classes: readonly string[]
  /** `meta.config`: what the published files say, and no more */
  readonly config: string
  readonly tensors: ReadonlyMap<string, TensorToWrite>
}

const CONTEXTS = 8
/** Tokens of a class name with its start and end. */
export const NAME_TOKENS = 5
const TEXT_WIDTH = 512
const DECODER = { width: 256, layers: 3 }
const FPN_CHANNELS = 256

/** What DenseCLIP adds to a ViT so that it has features at strides 4 to 32. */
function addPyramid(to: Layout, width: number): void {
  to.norm('backbone.fpn1.0', width)
  to.upsampling('backbone.fpn1.1', width)
  to.batchNorm('backbone.fpn1.2', width)
  to.upsampling('backbone.fpn1.4', width)
  to.norm('backbone.fpn2.0', width)
  to.upsampling('backbone.fpn2.1', width)
  to.norm('backbone.fpn3', width)
  to.norm('backbone.fpn4.0', width)
}

function addContextDecoder(to: Layout, joint: number): void {
  const { width, layers } = DECODER
  to.norm('context_decoder.memory_proj.0', joint)
  to.linear('context_decoder.memory_proj.1', width, joint)
  to.norm('context_decoder.memory_proj.2', width)
  to.norm('context_decoder.text_proj.0', joint)
  to.linear('context_decoder.text_proj.1', width, joint)
  for (let layer = 0; layer < layers; layer++) {
    const name = `context_decoder.decoder.${layer}`
    for (const attention of ['self_attn', 'cross_attn']) {
      for (const projection of ['q_proj', 'k_proj', 'v_proj']) {
        to.linear(`${name}.${attention}.${projection}`, width, width, false)
      }
      to.linear(`${name}.${attention}.proj`, width, width)
    }
    for (const norm of ['norm1', 'norm2', 'norm3']) to.norm(`${name}.${norm}`, width)
    to.linear(`${name}.mlp.0`, 4 * width, width)
    to.linear(`${name}.mlp.3`, width, 4 * width)
  }
  to.norm('context_decoder.out_proj.0', width)
  to.linear('context_decoder.out_proj.1', joint, width)
}

function addNeckAndHead(to: Layout, channels: readonly number[], classes: number): void {
  for (const [level, inputs] of channels.entries())
    to.conv(`neck.lateral_convs.${level}.conv`, FPN_CHANNELS, inputs, 1, true)
  for (const level of channels.keys()) to.conv(`neck.fpn_convs.${level}.conv`, FPN_CHANNELS, FPN_CHANNELS, 3, true)
  to.conv('decode_head.conv_seg', classes, FPN_CHANNELS, 1, true)
  for (const [level, count] of [1, 1, 2, 3].entries()) {
    for (let i = 0; i < count; i++) {
      const name = `decode_head.scale_heads.${level}.${2 * i}`
      to.conv(`${name}.conv`, FPN_CHANNELS, FPN_CHANNELS, 3)
      to.batchNorm(`${name}.bn`, FPN_CHANNELS)
    }
  }
}

function configOf(parts: { backbone: string; joint: number; extra: string; channels: string; window: number }): string {
  const names = ADE20K_CLASSES.map((name) => `'${name}'`).join(', ')
  const crop = `crop_size=(${parts.window}, ${parts.window})`
  const stride = Math.floor((parts.window * 2) / 3)
  return `norm_cfg = dict(type='SyncBN', requires_grad=True)
model = dict(
    type='DenseCLIP',
    context_length=5,${parts.extra}
    backbone=dict(${parts.backbone}, style='pytorch'),
    text_encoder=dict(
        type='CLIPTextContextEncoder', context_length=13, style='pytorch', embed_dim=${parts.joint},
        transformer_width=512, transformer_heads=8, transformer_layers=12),
    context_decoder=dict(
        type='ContextDecoder', context_length=16, transformer_width=256, transformer_heads=4, transformer_layers=3,
        visual_dim=${parts.joint}, dropout=0.1, outdim=${parts.joint}, style='pytorch'),
    neck=dict(type='FPN', in_channels=[${parts.channels}], out_channels=256, num_outs=4),
    decode_head=dict(
        type='FPNHead', in_channels=[256, 256, 256, 256], in_index=[0, 1, 2, 3], feature_strides=[4, 8, 16, 32],
        channels=256, dropout_ratio=0.1, num_classes=150, norm_cfg=dict(type='SyncBN', requires_grad=True),
        align_corners=False, loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0)),
    train_cfg=dict(),
    test_cfg=dict(mode='slide', ${crop}, stride=(${stride}, ${stride})),
    text_head=False,
    class_names=[${names}])
gpu_ids = range(0, 1)
`
}

/** DenseCLIP with CLIP's RN50 at 512×512, C = 1024, K = 150: 456 MB. */
export function publishedResNet50(): PublishedModel {
  return publishedResNet({ name: 'rn50', title: 'DenseCLIP-RN50, 512×512', blocks: [3, 4, 6, 3], joint: 1024 })
}

/** DenseCLIP with CLIP's RN101 at 512×512, C = 512, K = 150. */
export function publishedResNet101(): PublishedModel {
  return publishedResNet({ name: 'rn101', title: 'DenseCLIP-RN101, 512×512', blocks: [3, 4, 23, 3], joint: 512 })
}

function publishedResNet(sizes: {
  name: 'rn50' | 'rn101'
  title: string
  blocks: readonly number[]
  joint: number
}): PublishedModel {
  const { name, title, blocks, joint } = sizes
  const classes = ADE20K_CLASSES.length
  const to = new Layout()
  to.add('contexts', [1, CONTEXTS, TEXT_WIDTH], 0.02)
  to.add('gamma', [joint], 0.02, 0.1)
  to.clipResNet('backbone', { width: 64, blocks, joint, side: 512 })
  to.clipText('text_encoder.', { width: TEXT_WIDTH, joint, tokens: CONTEXTS + NAME_TOKENS })
  addContextDecoder(to, joint)
  addNeckAndHead(to, [256, 512, 1024, 2048 + classes], classes)
  const config = configOf({
    backbone: `type='CLIPResNetWithAttention', layers=[${blocks.join(', ')}], output_dim=${joint}, input_resolution=512`,
    joint,
    extra: '',
    channels: '256, 512, 1024, 2198',
    window: 512
  })
  return { name, title, inputSize: 512, classes: ADE20K_CLASSES, config, tensors: to.tensors }
}

/** DenseCLIP with CLIP's ViT-B/16 at 640×640, C = 512, K = 150: 675 MB. */
export function publishedVitB16(): PublishedModel {
  const joint = 512
  const classes = ADE20K_CLASSES.length
  const to = new Layout()
  to.add('contexts', [1, CONTEXTS, TEXT_WIDTH], 0.02)
  to.add('gamma', [joint], 0.02, 0.1)
  to.clipVisionTransformer('backbone', { joint, side: 640 })
  addPyramid(to, 768)
  to.clipText('text_encoder.', { width: TEXT_WIDTH, joint, tokens: CONTEXTS + NAME_TOKENS })
  addContextDecoder(to, joint)
  addNeckAndHead(to, [768, 768, 768 + classes, 768], classes)
  const config = configOf({
    backbone: `type='CLIPVisionTransformer', patch_size=16, width=768, output_dim=${joint}, get_embeddings=True, drop_path_rate=0.1, layers=12, input_resolution=640`,
    joint,
    extra: '\n    text_dim=512,\n    score_concat_index=2,',
    channels: '768, 768, 918, 768',
    window: 640
  })
  const title = 'DenseCLIP-ViT-B/16, 640×640'
  return { name: 'vit-b-16', title, inputSize: 640, classes: ADE20K_CLASSES, config, tensors: to.tensors }
}
