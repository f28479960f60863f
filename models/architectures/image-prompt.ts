import type { Checkpoint, Note } from '../checkpoints/checkpoint'
import { StudioError } from '../errors'
import { buildImagePrompt, type Projection } from '../graph/image-prompt'
import type { CompanionName, Stage, TensorSpec, TextStage } from './architecture'
import type { Facts } from './facts'
import { graphStage } from './graph-stage'
import * as specs from './tensor-specs'

/** Where the picture's token comes from: there is none, z̄ as it is, or z̄ through a projection of a file. */
export type ImagePromptKind = 'none' | 'identity' | 'file'

export function imagePromptKind(facts: Facts): ImagePromptKind {
  return facts.oneOf('image_prompt', ['none', 'identity', 'file'])
}

/** The words of a model and what has to run before them. */
export interface PromptedWords {
  readonly stages: readonly Stage[]
  readonly tensors: readonly TensorSpec[]
  /** behind the summary of the model; '' for nothing */
  readonly summary: string
  readonly notes: readonly Note[]
  readonly needs: readonly CompanionName[]
}

interface Options {
  readonly kind: ImagePromptKind
  /** C of z̄ */
  readonly channels: number
  readonly projection: Checkpoint | undefined
  /** name of the checkpoint's file, for errors */
  readonly file: string
}

/**
 * Prompts [p, I, e_k] in the style of ICPC (Yu et al. 2023, “ICPC: Instance-Conditioned Prompting with Contrastive
 * Learning for Semantic Segmentation”) for words with learned contexts: what-if, since no weight here was trained with
 * it. Throws a StudioError `mismatch` where the widths do not fit or the file of the projection is something else.
 */
export function withImagePrompt(text: TextStage, { kind, channels, projection, file }: Options): PromptedWords {
  const tensors = [specs.TOKEN_IDS, specs.TEXT_EMBEDDING]
  const { contexts } = text
  if (kind === 'none' || !contexts) {
    const message = 'A projection is given and not used: it counts where image_prompt is file.'
    return { stages: [text], tensors, summary: '', notes: projection ? [{ code: 'choice', message }] : [], needs: [] }
  }
  if (kind === 'file' && !projection) {
    const summary = '; the projection of its image prompt is not given'
    return { stages: [text], tensors, summary, notes: [], needs: ['projection'] }
  }
  const [count = 0, width = 0] = contexts.shape
  if (kind === 'identity' && width !== channels) {
    throw new StudioError(
      'mismatch',
      `${file}: its tokens are vectors of ${width} numbers and z̄ has ${channels}, so the picture cannot be a token as ` +
        `it is; give a projection file, or set image_prompt to none.`,
      { file }
    )
  }
  const used = kind === 'file' && projection ? readProjection(projection, width, channels) : undefined
  const from = used ? `I = Proj(z̄) of ${projection?.source.name ?? ''}` : 'I = z̄'
  const room = text.contextLength - 2
  const message =
    `What-if: the picture is one more token between contexts and names, [p, I, e_k] with ${from}, as in ICPC; the ` +
    `weights of this model were not trained with it, and names have room for ${room} tokens, one less than without.`
  return {
    stages: [
      graphStage(buildImagePrompt(channels, contexts, used)),
      { ...text, contextsFrom: { tensor: 'instance_contexts', count: count + 1 } }
    ],
    tensors: [specs.IMAGE_PROMPT, specs.PROMPTED_CONTEXTS, ...tensors],
    summary: `; image prompt [p, I, e_k] with ${from}, ICPC-style, not trained here`,
    notes: [{ code: 'choice', message }],
    needs: []
  }
}

/** One linear layer and nothing else: a matrix [d, C], alone or with a bias [d]. */
function readProjection({ stateDict, source }: Checkpoint, width: number, channels: number): Projection {
  const stored = [...stateDict.values()]
  const weight = stored.find(({ shape }) => shape.length === 2)
  const bias = stored.find(({ shape }) => shape.length === 1)
  const isLayer = weight !== undefined && stored.length === (bias ? 2 : 1)
  if (!isLayer || weight.shape[0] !== width || weight.shape[1] !== channels || (bias && bias.shape[0] !== width)) {
    const found = stored.slice(0, 3).map(({ name, shape }) => `${name} [${shape.join(', ')}]`)
    throw new StudioError(
      'mismatch',
      `${source.name}: a projection of z̄ into tokens is one matrix [${width}, ${channels}], with a bias [${width}] or ` +
        `without; this file has ${found.join(', ')}${stored.length > 3 ? ` and ${stored.length - 3} more` : ''}.`,
      { file: source.name }
    )
  }
  return { weight, bias }
}
