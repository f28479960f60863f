import type { Floats, GraphBuilder } from './builder'
import { convolution, normedConvolution, relu } from './layers'
import type { Scope } from './scope'
import { gridOf } from './tokens'

/**
 * The head of Semantic FPN (mmseg's FPNHead): every level is convolved and doubled until it has the size of the first,
 * the levels are added, and a 1×1 convolution gives the logits [1, K, H/4, W/4].
 */
export function fpnHead(g: GraphBuilder, [finest, ...coarser]: readonly [Floats, ...Floats[]], scope: Scope): Floats {
  const channels = scope.take('conv_seg.weight', [undefined, undefined, 1, 1]).shape[1] ?? 0
  const branch = (level: number, input: Floats) => {
    const module = scope.at('scale_heads', level)
    let x = input
    // the layers between the convolutions double the size and have no parameters, but take numbers
    for (let i = 0; module.hasAny(String(i)); i += 2) {
      x = relu(g, normedConvolution(g, x, module.at(i, 'conv'), module.at(i, 'bn'), { padding: 1 }))
      if (level > 0) {
        const { height, width } = gridOf(g, x)
        x = g.resizeBilinear(x, channels, g.times(height, 2), g.times(width, 2))
      }
    }
    return x
  }
  const first = branch(0, finest)
  const { height, width } = gridOf(g, first)
  const sum = coarser.reduce(
    (total, input, i) => g.add(total, g.resizeBilinear(branch(i + 1, input), channels, height, width)),
    first
  )
  return convolution(g, sum, scope.at('conv_seg'), { padding: 0 })
}
