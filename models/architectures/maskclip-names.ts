import type { Checkpoint, StateDict, StoredTensor } from '../checkpoints/checkpoint'
import { reshaped, transposed } from './stored-views'

/** The files of MaskCLIP's converter (tools/maskclip_utils/convert_clip_weights.py) under the names of CLIP's visual side. */
const VIT_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^patch_embed\.projection\./, 'conv1.'],
  [/^ln0\./, 'ln_pre.'],
  [/^ln1\./, 'ln_post.'],
  [/^layers\.(\d+)\.attn\.attn\./, 'transformer.resblocks.$1.attn.'],
  [/^layers\.(\d+)\.ffn\.layers\.0\.0\./, 'transformer.resblocks.$1.mlp.c_fc.'],
  [/^layers\.(\d+)\.ffn\.layers\.1\./, 'transformer.resblocks.$1.mlp.c_proj.'],
  [/^layers\.(\d+)\.ln(\d)\./, 'transformer.resblocks.$1.ln_$2.']
]

/** The stem is one numbered module, and the pool of a shortcut has number 0. */
const RESNET_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^stem\.0\./, 'conv1.'],
  [/^stem\.1\./, 'bn1.'],
  [/^stem\.3\./, 'conv2.'],
  [/^stem\.4\./, 'bn2.'],
  [/^stem\.6\./, 'conv3.'],
  [/^stem\.7\./, 'bn3.'],
  [/\.downsample\.1\./, '.downsample.0.'],
  [/\.downsample\.2\./, '.downsample.1.'],
  [/^([qkvc]_proj)\./, 'attnpool.$1.']
]

export interface MaskclipFiles {
  /** under the names of CLIP's visual side, as far as the files go */
  readonly stateDict: StateDict
  readonly isVit: boolean
  /** whether the way into the joint space is there, which is in the file of weights */
  readonly isProjected: boolean
}

/**
 * The picture side of MaskCLIP's own files: `*_clip_backbone.pth`, with `*_clip_weights.pth` or without, or the latter
 * alone, which holds the backbone again. Undefined where the file is something else.
 */
export function fromMaskclip(checkpoint: Checkpoint, weights: Checkpoint | undefined): MaskclipFiles | undefined {
  const stored = allTensors(checkpoint)
  const backbone = below(stored, 'backbone.') ?? below(stored, 'clip.')
  if (!backbone) return undefined
  const isVit = backbone.has('ln0.weight') && backbone.has('layers.0.attn.attn.in_proj_weight')
  const isResnet = backbone.has('stem.0.weight') && backbone.get('layer1.0.downsample.1.weight')?.shape.length === 4
  if (!isVit && !isResnet) return undefined

  const parts = new Map([...backbone, ...projections(weights ? allTensors(weights) : stored)])
  const renamed = new Map<string, StoredTensor>()
  for (const [name, tensor] of parts) {
    if (isVit && name === 'proj.weight') renamed.set('proj', transposed(tensor))
    else if (name === 'cls_token') renamed.set('class_embedding', reshaped(tensor, tensor.shape.slice(2)))
    else if (name === 'pos_embed') renamed.set('positional_embedding', reshaped(tensor, tensor.shape.slice(1)))
    else renamed.set(replaced(name, isVit ? VIT_NAMES : RESNET_NAMES), tensor)
  }
  return { stateDict: renamed, isVit, isProjected: renamed.has(isVit ? 'proj' : 'attnpool.v_proj.weight') }
}

/** Every tensor of a file, by the keys that lead to it. */
function allTensors({ stateDict, container, others }: Checkpoint): Map<string, StoredTensor> {
  const under = (prefix: string, dict: StateDict) =>
    Array.from(dict, ([name, tensor]) => [prefix === '' ? name : `${prefix}.${name}`, tensor] as const)
  const prefix = container.join('.').replace(/^state_dict$/, '')
  return new Map([...under(prefix, stateDict), ...[...others].flatMap(([name, dict]) => under(name, dict))])
}

/** The tensors below a prefix, where nothing but they and projections are there. */
function below(stored: StateDict, prefix: string): StateDict | undefined {
  const rest = projections(stored)
  const found = new Map<string, StoredTensor>()
  for (const [name, tensor] of stored) {
    if (name.startsWith(prefix)) found.set(name.slice(prefix.length), tensor)
    else if (!rest.has(name)) return undefined
  }
  return found.size > 0 ? found : undefined
}

function projections(stored: StateDict): Map<string, StoredTensor> {
  return new Map([...stored].filter(([name]) => /^(?:proj|[qkvc]_proj)\.(?:weight|bias)$/.test(name)))
}

function replaced(name: string, table: readonly (readonly [RegExp, string])[]): string {
  const entry = table.find(([pattern]) => pattern.test(name))
  return entry ? name.replace(...entry) : name
}
