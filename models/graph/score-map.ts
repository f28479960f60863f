import type { StoredTensor } from '../checkpoints/checkpoint'
import { GraphBuilder, int, type Floats } from './builder'
import type { Graph } from './graph'
import { gridOf } from './tokens'
import { plain } from './weights'

/** ε of PyTorch's normalize. */
const SMALLEST_NORM = 1e-12

/**
 * t′ = t + γ·v (text_refined [1, K, C]) and s = ẑ·t̂′, the cosines of every cell to every word (score_map [1, K, h, w]).
 * With `joinedTemperature` τ also s/τ as `score_map_joined`, what the detection models join to their features.
 */
export function buildScoreMap(channels: number, joinedTemperature: number | undefined): Graph {
  const g = new GraphBuilder('score_map')
  const words = g.input('text_embedding', 'float32', [1, 'K', channels])
  const difference = g.input('text_diff', 'float32', [1, 'K', channels])
  const gamma = g.input('gamma', 'float32', [channels])
  const dense = g.input('visual_embedding', 'float32', [1, channels, 'h', 'w'])

  const refined = g.add(words, g.mul(gamma, difference))
  const score = cosines(g, refined, dense, channels)
  g.output('text_refined', refined, [1, 'K', channels])
  g.output('score_map', score, [1, 'K', 'h', 'w'])
  if (joinedTemperature !== undefined) {
    g.output('score_map_joined', g.op('Div', [score, g.scalar(joinedTemperature)]), [1, 'K', 'h', 'w'])
  }
  return g.build()
}

/** The score map where nothing refines the words: cosines of z and t. */
export function buildCosineMap(channels: number): Graph {
  const g = new GraphBuilder('score_map')
  const words = g.input('text_embedding', 'float32', [1, 'K', channels])
  const dense = g.input('visual_embedding', 'float32', [1, channels, 'h', 'w'])
  g.output('score_map', cosines(g, words, dense, channels), [1, 'K', 'h', 'w'])
  return g.build()
}

/** CLIP's logits of one picture and K words [1, K]: exp(logit_scale) times their cosines. */
export function buildPictureLogits(channels: number, logitScale: StoredTensor): Graph {
  const g = new GraphBuilder('picture_logits')
  const words = g.input('text_embedding', 'float32', [1, 'K', channels])
  const global = g.input('global_embedding', 'float32', [1, channels])
  const cosine = g.matmul(normalised(g, words, 2), g.reshape(normalised(g, global, 1), [1, channels, 1]))
  const scale = g.op('Exp', [g.weight(plain(logitScale, []))])
  g.output('logits_per_image', g.mul(g.reshape(cosine, [1, -1]), scale), [1, 'K'])
  return g.build()
}

/** Cosines of words [1, K, C] and cells [1, C, h, w], as [1, K, h, w]. */
export function cosines(g: GraphBuilder, words: Floats, dense: Floats, channels: number): Floats {
  const { height, width } = gridOf(g, dense)
  const cells = g.reshape(dense, [1, channels, -1])
  // the cells are normalised after the product, where there are fewer numbers to divide
  const products = g.matmul(normalised(g, words, 2), cells)
  return g.reshape(g.op('Div', [products, norm(g, cells, 1)]), [1, -1, height, width])
}

/** PyTorch's normalize along an axis: length 1, and 0 stays 0. */
export function normalised(g: GraphBuilder, x: Floats, axis: number): Floats {
  return g.op('Div', [x, norm(g, x, axis)])
}

function norm(g: GraphBuilder, x: Floats, axis: number): Floats {
  const length = g.op('ReduceL2', [x, g.sizes([axis])], { keepdims: int(1) })
  return g.op('Max', [length, g.scalar(SMALLEST_NORM)])
}
