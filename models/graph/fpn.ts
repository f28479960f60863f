import type { Floats, GraphBuilder } from './builder'
import { convolution } from './layers'
import type { Scope } from './scope'
import { gridOf } from './tokens'

/**
 * A feature pyramid network as mmseg builds it: 1×1 convolutions of the four levels, each added to the next coarser one
 * (nearest, to the exact size), then 3×3 convolutions: p1..p4.
 */
export function featurePyramid(g: GraphBuilder, levels: readonly Floats[], scope: Scope): Floats[] {
  const channels = scope.take('lateral_convs.0.conv.weight', [undefined, undefined, 1, 1]).shape[0] ?? 0
  const merged: Floats[] = []
  for (const [level, x] of [...levels.entries()].reverse()) {
    const lateral = convolution(g, x, scope.at('lateral_convs', level, 'conv'), { padding: 0 })
    const coarser = merged[0]
    if (!coarser) merged.unshift(lateral)
    else {
      const { height, width } = gridOf(g, lateral)
      merged.unshift(g.add(lateral, g.resizeNearest(coarser, channels, height, width)))
    }
  }
  return merged.map((x, level) => convolution(g, x, scope.at('fpn_convs', level, 'conv'), { padding: 1 }))
}
