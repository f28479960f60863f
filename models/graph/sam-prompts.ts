import type { StoredTensor } from '../checkpoints/checkpoint'
import { GraphBuilder, type Floats } from './builder'
import type { Graph, Weight } from './graph'
import { channelNorm, convolution, gelu } from './layers'
import type { Scope } from './scope'
import { derived, plain } from './weights'

/** ε of the norms between the convolutions over a mask. */
const EPSILON = 1e-6

/** Rows of the table of labels: background, foreground, first and second corner of a box; −1, no point, is the last. */
const LABEL_ROWS = ['point_embeddings.0', 'point_embeddings.1', 'point_embeddings.2', 'point_embeddings.3']
/** What the Fourier features of a point of each label are multiplied by. */
const HAS_PLACE = [1, 1, 1, 1, 0]

export interface SamGrid {
  /** of the picture embedding, in cells */
  readonly side: number
  /** of the input, in pixels */
  readonly pixels: number
}

/**
 * SAM's prompt encoder. Takes points with their labels (a box is two points with labels of their own) and a mask of four
 * times the grid, which counts where has_mask says so. Gives sparse_embedding [1, n, C], one row a point, and
 * dense_embedding [1, C, h, w].
 */
export function buildSamPromptEncoder(scope: Scope, { side, pixels }: SamGrid): Graph {
  const g = new GraphBuilder('prompt_encoder')
  const matrix = scope.take('pe_layer.positional_encoding_gaussian_matrix', [2, undefined])
  const channels = 2 * (matrix.shape[1] ?? 0)
  const embedding = (name: string) => g.weight(plain(scope.take(`${name}.weight`, [1, channels])))

  const points = g.input('point_coords', 'float32', ['points', 2])
  const labels = g.input('point_labels', 'int64', ['points'])
  const mask = g.input('mask_input', 'float32', [1, 1, 4 * side, 4 * side])
  const hasMask = g.input('has_mask', 'bool', [1])

  // pixels count from the middle of the first; the input is −1..1
  const places = g.op('Div', [g.add(points, g.scalar(0.5)), g.scalar(pixels)])
  const centred = g.op('Sub', [g.mul(places, g.scalar(2)), g.scalar(1)])
  const angles = g.mul(g.matmul(centred, g.weight(plain(matrix))), g.scalar(2 * Math.PI))
  const features = g.concat([g.op('Sin', [angles]), g.op('Cos', [angles])], 1)
  const table = g.concat([...LABEL_ROWS.map(embedding), embedding('not_a_point_embed')], 0)
  const hasPlace = g.reshape(g.op('Gather', [g.vector(HAS_PLACE), labels]), [-1, 1])
  const sparse = g.add(g.mul(features, hasPlace), g.op('Gather', [table, labels]))
  g.output('sparse_embedding', g.op('Unsqueeze', [sparse, g.sizes([0])]), [1, 'points', channels])

  const none = g.reshape(embedding('no_mask_embed'), [1, channels, 1, 1])
  const dense = g.where(hasMask, maskEmbedding(g, mask, scope.at('mask_downscaling')), none)
  g.output('dense_embedding', dense, [1, channels, side, side])
  return g.build()
}

/** A mask at a quarter of its size, in the channels of the picture embedding. */
function maskEmbedding(g: GraphBuilder, mask: Floats, scope: Scope): Floats {
  let map = mask
  for (const index of [0, 3]) {
    map = gelu(
      g,
      channelNorm(g, convolution(g, map, scope.at(index), { stride: 2, padding: 0 }), scope.at(index + 1), EPSILON)
    )
  }
  return convolution(g, map, scope.at(6), { padding: 0 })
}

/**
 * The Fourier features of the centres of all cells, [side², C]: sine and cosine of 2π(2p − 1)·G.
 * @param matrix G, [2, C/2]
 */
export function gridFeatures(matrix: StoredTensor, side: number): Weight {
  const half = matrix.shape[1] ?? 0
  return derived(`${matrix.name}:grid${side}`, [side * side, 2 * half], [matrix], (frequencies) => {
    const features = new Float32Array(side * side * 2 * half)
    for (let cell = 0; cell < side * side; cell++) {
      const x = (2 * ((cell % side) + 0.5)) / side - 1
      const y = (2 * (Math.floor(cell / side) + 0.5)) / side - 1
      for (let channel = 0; channel < half; channel++) {
        const angle = 2 * Math.PI * (x * (frequencies[channel] ?? 0) + y * (frequencies[half + channel] ?? 0))
        features[cell * 2 * half + channel] = Math.sin(angle)
        features[cell * 2 * half + half + channel] = Math.cos(angle)
      }
    }
    return features
  })
}
