import type { Checkpoint, Note } from '../checkpoints/checkpoint'
import { StudioError } from '../errors'
import { Ledger, Scope } from '../graph/scope'
import { buildCosineMap } from '../graph/score-map'
import { buildKeySmoothing, buildPromptDenoising } from '../graph/score-refinement'
import { buildStoredWords } from '../graph/stored-words'
import type { Architecture, CompanionName, Companions, Detection, Overrides, Stage, TensorSpec } from './architecture'
import { clipActivation, clipWords, isClip, readClip, type ClipCheckpoint } from './clip-checkpoint'
import { Facts } from './facts'
import { graphStage } from './graph-stage'
import { fromMaskclip } from './maskclip-names'
import { maskclipResnetSide, maskclipVitSide, type MaskclipSide } from './maskclip-side'
import { IMAGENET_NORMALIZATION } from './preprocess'
import * as specs from './tensor-specs'

/** Of the published test pipelines: the short side of pictures, and at most this long. */
const SHORT_SIDE = 512
const LONG_SIDE = 2048
/** `pd_thresh` and `ks_thresh` of the published configurations. */
const DENOISING_THRESHOLD = 0.5
const SMOOTHING_THRESHOLD = 1

/**
 * MaskCLIP (Zhou et al., ECCV 2022, “Extract Free Dense Labels from CLIP”): CLIP without the last attention. From a CLIP
 * checkpoint, or from its own files: github.com/chongzhou96/MaskCLIP.
 */
export const maskclip = {
  name: 'maskclip',
  detect(checkpoint: Checkpoint, overrides: Overrides, companions: Companions): Promise<Detection | undefined> {
    const facts = new Facts(overrides, checkpoint.source.name)
    const clip = readClip(checkpoint)
    if (clip) return Promise.resolve(fromClip(clip, facts, companions))
    return Promise.resolve(fromFiles(checkpoint, facts, companions))
  },
  shares: isClip
} satisfies Architecture

function fromClip(clip: ClipCheckpoint, facts: Facts, { clipText }: Companions): Detection {
  const { root, ledger, meta } = clip
  const visual = root.at('visual')
  const heads = meta.config.at('model', 'backbone', 'heads').number()
  const image = visual.hasAny('transformer') ? maskclipVitSide(visual, facts, heads) : maskclipResnetSide(visual, facts)
  const { channels } = image
  const encoded = (): Parts => {
    const words = clipWords(clip, facts, { contexts: undefined, channels, activation: clipActivation(clip, facts) })
    return { stages: [{ ...words, ensemble: 'templates' }], tensors: [specs.TOKEN_IDS, specs.TEXT_EMBEDDING] }
  }
  const words = clipText ? storedWords(clipText, channels) : encoded()
  root.ignore((name) => name === 'logit_scale' || (clipText !== undefined && !name.startsWith('visual.')))
  return {
    ...described(image, facts, words),
    reason: 'It is CLIP, opened as MaskCLIP.',
    ...ledger.account(),
    notes: [...clip.notes, ...notesOf(image), ...facts.unusedOverrides()]
  }
}

function fromFiles(checkpoint: Checkpoint, facts: Facts, { clipWeights, clipText }: Companions): Detection | undefined {
  const files = fromMaskclip(checkpoint, clipWeights)
  if (!files) return undefined
  if (clipWeights && !files.isProjected) {
    const { name } = clipWeights.source
    const message = `${name}: it has no projection for ${checkpoint.source.name}; give the *_clip_weights.pth beside it.`
    throw new StudioError('mismatch', message, { file: name })
  }
  const reason = 'Its names are those that MaskCLIP’s converter gives the picture side of CLIP.'
  if (!files.isProjected || !clipText) {
    const needs: CompanionName[] = []
    if (!files.isProjected) needs.push('clipWeights')
    if (!clipText) needs.push('clipText')
    return { ...incomplete(files.isVit), reason, facts: facts.list, weights: files.stateDict, needs }
  }

  const ledger = new Ledger(files.stateDict, checkpoint.source.name)
  const root = new Scope(ledger)
  const image = files.isVit ? maskclipVitSide(root, facts, undefined) : maskclipResnetSide(root, facts)
  const words = storedWords(clipText, image.channels)
  root.ignore((name) => name.endsWith('.num_batches_tracked'))
  return {
    ...described(image, facts, words),
    reason,
    ...ledger.account(),
    notes: [...notesOf(image), ...facts.unusedOverrides()]
  }
}

interface Parts {
  readonly stages: readonly Stage[]
  readonly tensors: readonly TensorSpec[]
}

/** The matrix [K, C] of MaskCLIP's own text file, which says nothing of the names. */
function storedWords(companion: Checkpoint, channels: number): Parts {
  const [matrix, ...more] = companion.stateDict.values()
  const file = companion.source.name
  if (matrix?.shape.length !== 2 || more.length > 0 || matrix.shape[1] !== channels) {
    const message = `${file}: it should hold one matrix with a row of ${channels} numbers for each class.`
    throw new StudioError('mismatch', message, { file })
  }
  return { stages: [graphStage(buildStoredWords(matrix), matrix.shape[0])], tensors: [specs.TEXT_EMBEDDING] }
}

function described(image: MaskclipSide, facts: Facts, words: Parts) {
  const refinement = refined(image, facts)
  return {
    system: 'maskclip',
    summary: `MaskCLIP, ${image.summary}`,
    facts: facts.list,
    preprocess: preprocess(image.patch),
    tensors: [...image.tensors, ...words.tensors, specs.SCORE_MAP, ...refinement.tensors],
    stages: [...image.stages, ...words.stages, graphStage(buildCosineMap(image.channels)), ...refinement.stages]
  }
}

/** Prompt denoising, then key smoothing: run where somebody asks for them. */
function refined({ keys }: MaskclipSide, facts: Facts): Parts {
  const denoising = graphStage(buildPromptDenoising(facts.share('pd_thresh', DENOISING_THRESHOLD)))
  if (!keys) return { stages: [denoising], tensors: [specs.SCORE_MAP_DENOISED] }
  const threshold = facts.share('ks_thresh', SMOOTHING_THRESHOLD)
  const norm = facts.oneOf('key_norm', ['cells', 'channels'])
  return {
    stages: [denoising, keys.stage, graphStage(buildKeySmoothing(keys.width, threshold, norm))],
    tensors: [specs.SCORE_MAP_DENOISED, specs.KEY, specs.SCORE_MAP_SMOOTHED]
  }
}

function incomplete(isVit: boolean): Omit<Detection, 'reason' | 'facts'> {
  return {
    system: 'maskclip',
    summary: `MaskCLIP, ${isVit ? 'ViT' : 'ResNet'}; not all of its files are given`,
    preprocess: preprocess(undefined),
    tensors: [],
    stages: [],
    missing: [],
    unexpected: [],
    notes: []
  }
}

function preprocess(patch: number | undefined) {
  return {
    ...IMAGENET_NORMALIZATION,
    shortSide: SHORT_SIDE,
    maxLongSide: LONG_SIDE,
    padToMultipleOf: patch,
    window: SHORT_SIDE,
    stride: Math.floor((SHORT_SIDE * 2) / 3)
  }
}

function notesOf({ patch }: MaskclipSide): Note[] {
  const smoothing =
    'Keys are compared as the authors’ code does, each channel divided by its length over all cells; the paper speaks of ' +
    'cosines of cells, which key_norm: channels gives.'
  const message =
    patch === undefined
      ? 'Each cell goes through the value and output projections of the attention pool by itself, without a position.'
      : 'In the last block each cell goes through the value projection by itself; all blocks have exact GELU and ε 1e-6.'
  return [
    { code: 'assumed', message },
    { code: 'assumed', message: smoothing }
  ]
}
