import { ints, type Floats, type GraphBuilder } from './builder'
import { convolution, normedConvolution, relu } from './layers'
import type { Scope } from './scope'
import { gridOf } from './tokens'
import { plain } from './weights'

/**
 * The head of Semantic FPN (mmseg's FPNHead): every level is convolved and doubled until it has the size of the first,
 * the levels are added, and a 1×1 convolution gives the logits [1, K, H/4, W/4].
 *
 * A 1×1 convolution and a bilinear resize may change places, and so may the convolution and the sum. So each level goes
 * through the convolution before its last doubling, where it has a quarter of the cells, and there are K maps to enlarge
 * and add rather than all channels.
 */
export function fpnHead(g: GraphBuilder, [finest, ...coarser]: readonly [Floats, ...Floats[]], scope: Scope): Floats {
  const kernel = scope.take('conv_seg.weight', [undefined, undefined, 1, 1])
  const [classes = 0] = kernel.shape
  const logits = (x: Floats) => g.op('Conv', [x, g.weight(plain(kernel))], { kernel_shape: ints([1, 1]) })

  const convolve = (level: number, index: number, x: Floats) => {
    const module = scope.at('scale_heads', level, index)
    return relu(g, normedConvolution(g, x, module.at('conv'), module.at('bn'), { padding: 1 }))
  }
  const first = convolution(g, convolve(0, 0, finest), scope.at('conv_seg'), { padding: 0 })
  const { height, width } = gridOf(g, first)

  return coarser.reduce((sum, input, i) => {
    const level = i + 1
    let x = convolve(level, 0, input)
    // the layers between the convolutions double the size and have no parameters, but take numbers
    for (let index = 2; scope.at('scale_heads', level).hasAny(String(index)); index += 2) {
      x = convolve(level, index, g.doubleBilinear(x))
    }
    return g.add(sum, g.resizeBilinear(g.doubleBilinear(logits(x)), classes, height, width))
  }, first)
}
