import type { Checkpoint, Note, StateDict, StoredTensor } from '../checkpoints/checkpoint'
import type { Graph } from '../graph/graph'
import type { Resizing } from '../graph/scope'
import type { NamePosition } from '../text/sequences'
import type { FileOutput } from './onnx-meanings'

/** What an axis of a tensor counts. */
export type Axis =
  'batch' | 'channel' | 'class' | 'row' | 'column' | 'layer' | 'head' | 'query' | 'key' | 'token' | 'prompt' | 'mask'

/** What a tensor is, so that a view can say what it can draw without knowing any model. */
export type TensorKind =
  | 'feature-map' /* [batch, channel, row, column] */
  | 'embedding-map' /* the same, in the joint space of pictures and words: z */
  | 'picture-embedding' /* [batch, channel]: z̄ */
  | 'text-embedding' /* [batch, class, channel]: t, v, t′ */
  | 'score-map' /* [batch, class, row, column], cosines, or shares of them after a softmax */
  | 'logits' /* [batch, class, row, column] */
  | 'picture-logits' /* [batch, class]: one picture against K prompts */
  | 'text-attention' /* [layer, head, query, key] among classes */
  | 'cross-attention' /* [layer, head, class, 1 + cells], key 0 is the global token */
  | 'cell-attention' /* [head, 1 + cells, 1 + cells], token 0 is the global token; [layer, …] where there are several */
  | 'token-ids'
  | 'prompt-embedding' /* [batch, prompt, channel]: points as SAM's mask decoder takes them, contexts as a text encoder does */
  | 'masks' /* [batch, mask, row, column], logits: a mask is where they are above 0 */
  | 'mask-scores' /* [batch, mask]: how good each mask is expected to be */

export interface TensorSpec {
  /** the authors' snake_case name, the same in graphs, files and on screen */
  readonly name: string
  readonly kind: TensorKind
  readonly axes: readonly Axis[]
  /** what the values are, as a unit on a scale */
  readonly unit: 'cosine' | 'logit' | 'weight' | 'feature' | 'id' | 'IoU' | 'summed probability'
  /** one short English phrase for lists and exports */
  readonly meaning: string
}

/** Where a number that shapes can't tell came from. */
export type FactSource = 'shape' | 'meta.config' | 'published rule' | 'user' | 'meta'

/** A number or name of the configuration, with where it came from; `key` is what a user overrides it by. */
export interface Fact {
  readonly key: string
  readonly value: number | string | readonly number[]
  readonly source: FactSource
  /** for what a user can set: what holds without the user's word, and the names to choose from where they are few */
  readonly setting?: {
    readonly otherwise: number | string | readonly number[]
    readonly otherwiseFrom: FactSource
    readonly options?: readonly string[]
  }
}

/** Numbers that a user sets by hand (`--config FILE.json`, the doctor's table), by the `key` of a Fact. */
export type Overrides = Readonly<Record<string, number | string | boolean | readonly number[]>>

export interface Preprocess {
  /** of 0..255, RGB */
  readonly mean: readonly [number, number, number]
  readonly std: readonly [number, number, number]
  /** short side in pixels the pictures are scaled to, keeping the ratio; undefined: as they are */
  readonly shortSide: number | undefined
  readonly maxLongSide: number | undefined
  /** the one size that the model takes, to which pictures are stretched, except for a sliding run over squares */
  readonly exactSize?: { readonly width: number; readonly height: number }
  /** scaled as Pillow does it, with antialiasing; as OpenCV does it where not said */
  readonly resize?: 'pillow'
  /** sizes are padded with zeros, after normalising, at the right and bottom to a multiple of this; undefined: not */
  readonly padToMultipleOf: number | undefined
  /** the published sliding window, in pixels of the scaled picture */
  readonly window: number
  readonly stride: number
}

/**
 * A graph that turns named values into named tensors. Weights of one name are the same in all stages of a model.
 *
 * Inputs are tensors of other stages (`text_embedding` comes as [1, K, C], the classes in order), or what the host gives:
 *   image      [1, 3, H, W] float32, normalised
 *   gamma      [C] float32
 *   input_size [2] int64, height and width of `image`
 * and what it makes of a set of prompts, for stages that run once for each set (`perPrompts`):
 *   point_coords [n, 2] float32, x and y in pixels of `image`, counted from 0 at the middle of the first
 *   point_labels [n] int64: 0 background, 1 foreground, 2 and 3 the corners of a box, -1 no point
 *   mask_input   [1, 1, h, w] float32, logits
 *   has_mask     [1] bool: whether mask_input counts
 */
export interface GraphStage {
  readonly kind: 'graph'
  readonly id: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** how many classes the weights are made for; undefined: any number */
  readonly classCount: number | undefined
  /** runs once for every set of prompts of a run; its outputs carry the name of the set (prompted.ts) */
  readonly perPrompts?: true
  build(): Graph
}

/** How a class name becomes text: what follows the name stays behind all contexts. */
export interface Wording {
  readonly name: string
  readonly ending: string
}

/**
 * The text encoder, which runs over packed sequences (see text/packing.ts): what several names begin with is there once,
 * and nothing behind an end token is. That is exact, since the mask is causal.
 *
 * Graph inputs, S packed rows, k classes, d the width:
 *   embeddings [S, d] float32 (token embeddings and contexts, before positions)
 *   positions  [S] int64 (row of the positional embedding)
 *   mask       [S, S] float32 (0 where a query row may look, a large negative number where not)
 *   end_rows   [k] int64 (row of each class's end token)
 * Output: text_embedding [k, C] float32, not normalised.
 */
export interface TextStage {
  readonly kind: 'text'
  readonly id: 'text_encoder'
  readonly outputs: readonly ['text_embedding']
  /** [vocabulary, d] */
  readonly tokenEmbedding: StoredTensor
  /** learned contexts: [P, d] for all names, or [K, P, d], each class its own; undefined: none (CLIP itself) */
  readonly contexts: StoredTensor | undefined
  /** a tensor [1, count, d] of another stage that takes their place, where they depend on the picture */
  readonly contextsFrom?: { readonly tensor: string; readonly count: number }
  /** among the contexts; 'end' unless said */
  readonly namePosition?: NamePosition
  /** tokens of a name with its start and end (5 as published for DenseCLIP, 77 for CLIP) */
  readonly contextLength: number
  /** the name alone, unless said */
  readonly wording?: (name: string) => Wording
  /** every name goes through templates, and the mean of its embeddings is taken (text/templates.ts) */
  readonly ensemble?: 'templates'
  build(): Graph
}

/** The file itself, where it is a graph that can be run as it is: from `image`, in one pass, everything that it gives. */
export interface FileStage {
  readonly kind: 'file'
  readonly id: string
  readonly inputs: readonly ['image']
  /** names of the tensors, which need not be those of the file */
  readonly outputs: readonly string[]
  /** how many classes the tensors with a class axis have; undefined: there are none */
  readonly classCount: number | undefined
  /** what the file calls `image`, and as what it takes it */
  readonly input: { readonly name: string; readonly dtype: 'float32' | 'float16' }
  /** beside `outputs`: what the file calls each, and the axes that it must turn out to have */
  readonly values: readonly { readonly tensor: string; readonly output: string; readonly axes: readonly Axis[] }[]
  /** names of files in the same folder that hold weights */
  readonly dataFiles: readonly string[]
}

export type Stage = GraphStage | TextStage | FileStage

/** What a system makes of points, boxes and masks. */
export interface PromptSpec {
  /** width and height of a mask prompt, in cells of its own */
  readonly maskSide: number
  /** what each set of prompts gives, under names without the set's (see prompted.ts) */
  readonly tensors: readonly TensorSpec[]
}

/**
 * What other files a system may need: the CLIP it was trained on, MaskCLIP's `*_clip_weights.pth` and `*_clip_text.pth`,
 * the projection of an image prompt (image-prompt.ts).
 */
export type CompanionName = 'clip' | 'clipWeights' | 'clipText' | 'projection'

/** The other files, where they are given. */
export type Companions = Readonly<Partial<Record<CompanionName, Checkpoint>>>

/** What an architecture found in a checkpoint. */
export interface Detection {
  /** the system as `case.json` and the window call it: 'denseclip', 'denseclip-detection', 'clip', … */
  readonly system: string
  /** one line of what it is: 'DenseCLIP, CLIP ResNet 3-4-6-3, width 64' */
  readonly summary: string
  /** why this family: the keys or shapes that told it, as one sentence */
  readonly reason: string
  readonly facts: readonly Fact[]
  /** class names of the checkpoint (meta.CLASSES), where it has any */
  readonly classes?: readonly string[] | undefined
  /** 0..255 RGB triples beside `classes` */
  readonly palette?: readonly (readonly [number, number, number])[] | undefined
  /** learned scale of the refinement, γ: t′ = t + γ·v; one a channel */
  readonly gamma?: readonly number[] | undefined
  /** temperature of the score map in the training loss */
  readonly tau?: number | undefined
  readonly preprocess: Preprocess
  readonly tensors: readonly TensorSpec[]
  /** absent where the system takes no prompts */
  readonly prompts?: PromptSpec
  readonly stages: readonly Stage[]
  /** of a file that is run as it is: all that it gives, shown or not */
  readonly outputs?: readonly FileOutput[]
  /** files without which the model is shown but not run */
  readonly needs?: readonly CompanionName[]
  /** every system that the file can be opened as, this one among them; absent where there is no other */
  readonly alternatives?: readonly string[]
  /** keys that the family needs and the file lacks; a model with missing keys is shown but not run */
  readonly missing: readonly string[]
  /** keys that no stage uses and no rule explains */
  readonly unexpected: readonly string[]
  /** the tensors under the names that the family goes by; as they were given where not said */
  readonly weights?: StateDict
  /** by those names, the tensors that are brought to the size of the picture */
  readonly resized?: ReadonlyMap<string, Resizing>
  readonly notes: readonly Note[]
}

export interface Architecture {
  readonly name: string
  /**
   * Undefined where the checkpoint is of another family. Reads shapes, and the few values it cannot do without
   * (γ, scalar buffers), never the weights. Throws a StudioError where the family is sure and the file can't be it, or
   * where a companion is of another kind or another size than needed.
   */
  detect(checkpoint: Checkpoint, overrides: Overrides, companions: Companions): Promise<Detection | undefined>
  /** Whether it shares this checkpoint with another system: the user may choose between those that say so. */
  shares?(checkpoint: Checkpoint): boolean
}
