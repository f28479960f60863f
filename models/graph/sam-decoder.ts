import { fusedAttention } from './attention'
import { GraphBuilder, type Floats } from './builder'
import { enlarged, mapFromQuads } from './enlargement'
import type { Graph, Weight } from './graph'
import { gelu, layerNorm, linear, relu } from './layers'
import type { Scope } from './scope'
import { gridOf, rowsFromMap } from './tokens'
import { plain } from './weights'

/** ε of the norm between the two enlargements; the transformer's norms have PyTorch's own. */
const UPSCALING_EPSILON = 1e-6

export interface SamDecoderOptions {
  readonly heads: number
  /** Fourier features of the cells [side², C] */
  readonly cellFeatures: Weight
  readonly side: number
}

/**
 * SAM's mask decoder. Learned tokens (one for the quality, one a mask) and the prompts look at the picture and the
 * picture at them; each mask is the product of what became of its token and the enlarged picture.
 * Gives logits of four times the grid and the IoU that the model expects of them: `single` is the one mask for prompts
 * that leave no doubt, `multi` the three for those that do.
 */
export function buildSamMaskDecoder(scope: Scope, { heads, cellFeatures, side }: SamDecoderOptions): Graph {
  const g = new GraphBuilder('mask_decoder')
  const maskTokens = scope.take('mask_tokens.weight', [undefined, undefined])
  const [masks = 0, channels = 0] = maskTokens.shape
  const picture = g.input('image_embedding', 'float32', [1, channels, side, side])
  const sparse = g.input('sparse_embedding', 'float32', [1, 'points', channels])
  const dense = g.input('dense_embedding', 'float32', [1, channels, side, side])

  const learned = [g.weight(plain(scope.take('iou_token.weight', [1, channels]))), g.weight(plain(maskTokens))]
  const tokens = g.concat([...learned, g.reshape(sparse, [-1, channels])], 0)
  const { queries, keys } = twoWayTransformer(g, scope.at('transformer'), heads, {
    queries: tokens,
    keys: rowsFromMap(g, g.add(picture, dense), channels),
    queryFeatures: tokens,
    keyFeatures: g.weight(cellFeatures)
  })

  const upscaling = scope.at('output_upscaling')
  const cells = upscaled(g, keys, upscaling, channels)
  const weights = Array.from({ length: masks }, (_, mask) =>
    perceptron(g, g.slice(queries, 0, mask + 1, mask + 2), scope.at('output_hypernetworks_mlps', mask))
  )
  const logits = g.matmul(cells, g.transpose(g.concat(weights, 0), [1, 0]))
  const maps = mapFromQuads(g, logits, 2, gridOf(g, picture), masks)
  const quality = perceptron(g, g.slice(queries, 0, 0, 1), scope.at('iou_prediction_head'))

  const several = masks - 1
  g.output('low_res_masks_multi', g.slice(maps, 1, 1, masks), [1, several, 4 * side, 4 * side])
  g.output('iou_predictions_multi', g.slice(quality, 1, 1, masks), [1, several])
  g.output('low_res_masks_single', g.slice(maps, 1, 0, 1), [1, 1, 4 * side, 4 * side])
  g.output('iou_predictions_single', g.slice(quality, 1, 0, 1), [1, 1])
  return g.build()
}

interface TwoWays {
  /** tokens [n, C] */
  readonly queries: Floats
  /** cells of the picture [h·w, C] */
  readonly keys: Floats
  /** where each of them is: added to what attends and to what is attended to, never to the values */
  readonly queryFeatures: Floats
  readonly keyFeatures: Floats
}

/** Layers in which tokens attend to each other, to the picture, and the picture to them; then once more to the picture. */
function twoWayTransformer(
  g: GraphBuilder,
  scope: Scope,
  heads: number,
  { queries, keys, queryFeatures, keyFeatures }: TwoWays
): Pick<TwoWays, 'queries' | 'keys'> {
  const layers = scope.at('layers')
  let tokens = queries
  let cells = keys
  for (let index = 0; index < layers.count(); index++) {
    const layer = layers.at(index)
    const attend = (name: string, query: Floats, key: Floats, value: Floats) =>
      attention(g, layer.at(name), heads, { query, key, value })

    // the first layer has the tokens themselves as features: it takes them once, and does not add to them
    const placed = index === 0 ? tokens : g.add(tokens, queryFeatures)
    const among = attend('self_attn', placed, placed, tokens)
    tokens = layerNorm(g, index === 0 ? among : g.add(tokens, among), layer.at('norm1'))

    const seen = attend('cross_attn_token_to_image', g.add(tokens, queryFeatures), g.add(cells, keyFeatures), cells)
    tokens = layerNorm(g, g.add(tokens, seen), layer.at('norm2'))

    const hidden = relu(g, linear(g, tokens, layer.at('mlp', 'lin1'), { bias: true }))
    tokens = layerNorm(g, g.add(tokens, linear(g, hidden, layer.at('mlp', 'lin2'), { bias: true })), layer.at('norm3'))

    const told = attend('cross_attn_image_to_token', g.add(cells, keyFeatures), g.add(tokens, queryFeatures), tokens)
    cells = layerNorm(g, g.add(cells, told), layer.at('norm4'))
  }
  const last = attention(g, scope.at('final_attn_token_to_image'), heads, {
    query: g.add(tokens, queryFeatures),
    key: g.add(cells, keyFeatures),
    value: cells
  })
  return { queries: layerNorm(g, g.add(tokens, last), scope.at('norm_final_attn')), keys: cells }
}

/** Attention in the width of its own projections, which may be half of the tokens'. */
function attention(
  g: GraphBuilder,
  scope: Scope,
  heads: number,
  { query, key, value }: { query: Floats; key: Floats; value: Floats }
): Floats {
  const [width = 0] = scope.take('q_proj.weight', [undefined, undefined]).shape
  const projected = (x: Floats, name: string) => linear(g, x, scope.at(name), { bias: true })
  const mixed = fusedAttention(g, {
    query: projected(query, 'q_proj'),
    key: projected(key, 'k_proj'),
    value: projected(value, 'v_proj'),
    heads,
    width
  })
  return projected(mixed, 'out_proj')
}

/** The picture at four times the grid in an eighth of the channels; what was one cell is sixteen rows. */
function upscaled(g: GraphBuilder, cells: Floats, scope: Scope, channels: number): Floats {
  const step = (rows: Floats, index: number, from: number, to: number) =>
    enlarged(g, rows, {
      kernel: scope.take(`${index}.weight`, [from, to, 2, 2]),
      bias: scope.take(`${index}.bias`, [to])
    })
  const doubled = step(cells, 0, channels, channels / 4)
  const normed = gelu(g, layerNorm(g, doubled, scope.at(1), UPSCALING_EPSILON))
  return gelu(g, step(normed, 3, channels / 4, channels / 8))
}

/** Linear layers with ReLU between them. */
function perceptron(g: GraphBuilder, x: Floats, scope: Scope): Floats {
  const layers = scope.at('layers')
  const count = layers.count()
  let rows = x
  for (let index = 0; index < count; index++) {
    rows = linear(g, rows, layers.at(index), { bias: true })
    if (index < count - 1) rows = relu(g, rows)
  }
  return rows
}
