import type { DType, Shape } from '#models/tensor'
import { random, type TensorToWrite } from './random-tensor'

/** Collects tensors by PyTorch's names, with the scales of usual initialisations, so that values stay in range. */
export class Layout {
  readonly tensors = new Map<string, TensorToWrite>()

  /** @param matrices dtype of what OpenAI's CLIP converts to halves: convolutions, linear layers, projections */
  constructor(private readonly matrices: Extract<DType, 'float32' | 'float16'> = 'float32') {}

  add(name: string, shape: Shape, spread: number, center = 0): void {
    this.tensors.set(name, random('float32', shape, { seed: this.tensors.size, spread, center }))
  }

  matrix(name: string, shape: Shape, spread: number): void {
    this.tensors.set(name, random(this.matrices, shape, { seed: this.tensors.size, spread }))
  }

  /** [out, in] with a bias unless told otherwise */
  linear(name: string, outputs: number, inputs: number, bias = true): void {
    this.matrix(`${name}.weight`, [outputs, inputs], inputs ** -0.5)
    if (bias) this.matrix(`${name}.bias`, [outputs], 0.02)
  }

  /** [out, in, kernel, kernel], for a ReLU behind it */
  conv(name: string, outputs: number, inputs: number, kernel: number, bias = false): void {
    this.matrix(`${name}.weight`, [outputs, inputs, kernel, kernel], (2 / (inputs * kernel * kernel)) ** 0.5)
    if (bias) this.matrix(`${name}.bias`, [outputs], 0.02)
  }

  /** [in, out, 2, 2] with a bias */
  upsampling(name: string, inputs: number, outputs = inputs): void {
    this.add(`${name}.weight`, [inputs, outputs, 2, 2], inputs ** -0.5)
    this.add(`${name}.bias`, [outputs], 0.02)
  }

  /** LayerNorm or GroupNorm */
  norm(name: string, channels: number): void {
    this.add(`${name}.weight`, [channels], 0.1, 1)
    this.add(`${name}.bias`, [channels], 0.05)
  }

  batchNorm(name: string, channels: number, scale = 1): void {
    this.add(`${name}.weight`, [channels], 0.1 * scale, scale)
    this.add(`${name}.bias`, [channels], 0.05)
    this.add(`${name}.running_mean`, [channels], 0.05)
    this.add(`${name}.running_var`, [channels], 0.1, 1)
    this.tensors.set(`${name}.num_batches_tracked`, random('int64', [], { seed: 0, spread: 0, center: 80_000 }))
  }

  /** CLIP's transformer blocks below `name` */
  transformer(name: string, width: number, layers: number): void {
    const residual = width ** -0.5 * (2 * layers) ** -0.5
    for (let layer = 0; layer < layers; layer++) {
      const block = `${name}.resblocks.${layer}`
      this.matrix(`${block}.attn.in_proj_weight`, [3 * width, width], width ** -0.5)
      this.matrix(`${block}.attn.in_proj_bias`, [3 * width], 0.02)
      this.matrix(`${block}.attn.out_proj.weight`, [width, width], residual)
      this.matrix(`${block}.attn.out_proj.bias`, [width], 0.02)
      this.norm(`${block}.ln_1`, width)
      this.matrix(`${block}.mlp.c_fc.weight`, [4 * width, width], (2 * width) ** -0.5)
      this.matrix(`${block}.mlp.c_fc.bias`, [4 * width], 0.02)
      this.matrix(`${block}.mlp.c_proj.weight`, [width, 4 * width], residual)
      this.matrix(`${block}.mlp.c_proj.bias`, [width], 0.02)
      this.norm(`${block}.ln_2`, width)
    }
  }

  /** CLIP's ResNet with bottlenecks, `blocks` of each stage, and its attention pool */
  clipResNet(name: string, sizes: { width: number; blocks: readonly number[]; joint: number; side: number }): void {
    const { width, blocks, joint, side } = sizes
    this.conv(`${name}.conv1`, width / 2, 3, 3)
    this.batchNorm(`${name}.bn1`, width / 2)
    this.conv(`${name}.conv2`, width / 2, width / 2, 3)
    this.batchNorm(`${name}.bn2`, width / 2)
    this.conv(`${name}.conv3`, width, width / 2, 3)
    this.batchNorm(`${name}.bn3`, width)
    let inputs = width
    for (const [stage, count] of blocks.entries()) {
      const planes = width * 2 ** stage
      for (let block = 0; block < count; block++) {
        this.bottleneck(`${name}.layer${stage + 1}.${block}`, inputs, planes, block === 0)
        inputs = 4 * planes
      }
    }
    const pool = `${name}.attnpool`
    this.add(`${pool}.positional_embedding`, [(side / 32) ** 2 + 1, inputs], inputs ** -0.5)
    for (const projection of ['k_proj', 'q_proj', 'v_proj']) this.linear(`${pool}.${projection}`, inputs, inputs)
    this.linear(`${pool}.c_proj`, joint, inputs)
  }

  /** CLIP's ViT; B/16 where sizes are not said */
  clipVisionTransformer(
    name: string,
    sizes: { joint: number; side: number; width?: number; layers?: number; patch?: number | undefined }
  ): void {
    const { joint, side, width = 768, layers = 12, patch = 16 } = sizes
    this.add(`${name}.class_embedding`, [width], width ** -0.5)
    this.add(`${name}.positional_embedding`, [(side / patch) ** 2 + 1, width], width ** -0.5)
    this.matrix(`${name}.proj`, [width, joint], width ** -0.5)
    this.matrix(`${name}.conv1.weight`, [width, 3, patch, patch], (3 * patch ** 2) ** -0.5)
    this.norm(`${name}.ln_pre`, width)
    this.transformer(`${name}.transformer`, width, layers)
    this.norm(`${name}.ln_post`, width)
  }

  /** CLIP's text encoder; `prefix` ends with a dot or is '' */
  clipText(prefix: string, { width, joint, tokens }: { width: number; joint: number; tokens: number }): void {
    this.add(`${prefix}positional_embedding`, [tokens, width], 0.01)
    this.matrix(`${prefix}text_projection`, [width, joint], width ** -0.5)
    this.transformer(`${prefix}transformer`, width, 12)
    this.add(`${prefix}token_embedding.weight`, [VOCABULARY, width], 0.02)
    this.norm(`${prefix}ln_final`, width)
  }

  private bottleneck(name: string, inputs: number, planes: number, changesSize: boolean): void {
    this.conv(`${name}.conv1`, planes, inputs, 1)
    this.batchNorm(`${name}.bn1`, planes)
    this.conv(`${name}.conv2`, planes, planes, 3)
    this.batchNorm(`${name}.bn2`, planes)
    this.conv(`${name}.conv3`, 4 * planes, planes, 1)
    // small, so that the sum of sixteen blocks stays of the size of one
    this.batchNorm(`${name}.bn3`, 4 * planes, 0.3)
    if (!changesSize) return
    this.conv(`${name}.downsample.0`, 4 * planes, inputs, 1)
    this.batchNorm(`${name}.downsample.1`, 4 * planes)
  }
}

const VOCABULARY = 49408
