import { GraphBuilder, int, type Floats } from './builder'
import type { Graph } from './graph'
import { normalised } from './score-map'

/*
 * What MaskCLIP does to a score map without any training (Zhou et al., ECCV 2022, section 3.3), as refine_output of
 * mmseg/models/decode_heads/maskclip_head.py computes it: prompt denoising first, then key smoothing.
 */

/** Cosines are multiplied by this before a softmax: CLIP's logit scale, as it was trained to its limit. */
const LOGIT_SCALE = 100
/** What a removed class has everywhere: no cosine is below it. */
const REMOVED = -1

/**
 * What the lengths are taken over that keys are divided by: 'cells', each channel over all cells, as the authors' code
 * does (its normalize has no axis, so it takes the first behind the batch); 'channels', each cell by itself, which makes
 * the products the cosines that the paper speaks of.
 */
export type KeyNorm = 'cells' | 'channels'

/**
 * Removes classes that no cell is sure of: those whose highest share of softmax(100·s) over the classes is below
 * `threshold`. score_map [1, K, h, w] → score_map_denoised, cosines, and −1 everywhere for a removed class (the authors
 * write −100; the softmax that follows leaves nothing of either).
 */
export function buildPromptDenoising(threshold: number): Graph {
  const g = new GraphBuilder('prompt_denoising')
  const score = g.input('score_map', 'float32', [1, 'K', 'h', 'w'])
  const surest = g.op('ReduceMax', [shares(g, score), g.sizes([2, 3])], { keepdims: int(1) })
  const denoised = g.where(g.less(surest, g.scalar(threshold)), g.scalar(REMOVED), score)
  g.output('score_map_denoised', denoised, [1, 'K', 'h', 'w'])
  return g.build()
}

/**
 * Lets cells with alike keys agree: p = softmax(100·s) over the classes, and a cell whose highest share is below
 * `threshold` (at 1 every cell that float32 can tell from sure) gets Σ p over all cells, each times the product of its key and the cell's. score_map_denoised [1, K, h, w]
 * and key [1, d, h, w] → score_map_smoothed [1, K, h, w]. The products of all pairs of cells are never made: keys are
 * multiplied with shares first, which costs 4·K·d a cell however many there are.
 */
export function buildKeySmoothing(width: number, threshold: number, norm: KeyNorm): Graph {
  const g = new GraphBuilder('key_smoothing')
  const score = g.input('score_map_denoised', 'float32', [1, 'K', 'h', 'w'])
  const key = g.input('key', 'float32', [1, width, 'h', 'w'])
  const before = shares(g, score)
  const keys = normalised(g, g.reshape(key, [width, -1]), norm === 'cells' ? 1 : 0)
  // rows of shares, one a class
  const rows = g.op('Flatten', [before], { axis: int(2) })
  const summed = g.matmul(g.matmul(rows, g.transpose(keys, [1, 0])), keys)
  const surest = g.op('ReduceMax', [before, g.sizes([1])], { keepdims: int(1) })
  const smoothed = g.reshape(summed, [1, -1, g.size(score, 2), g.size(score, 3)])
  g.output('score_map_smoothed', g.where(g.less(surest, g.scalar(threshold)), smoothed, before), [1, 'K', 'h', 'w'])
  return g.build()
}

function shares(g: GraphBuilder, score: Floats): Floats {
  return g.op('Softmax', [g.mul(score, g.scalar(LOGIT_SCALE))], { axis: int(1) })
}
