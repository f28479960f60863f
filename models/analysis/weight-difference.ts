import type { Tensor } from '../tensor'
import { numberBlocks } from './number-blocks'

/** How far two tensors of one shape are apart. */
export interface WeightDifference {
  /** ‖a − b‖ / ‖a‖ over the places where both are finite; undefined where ‖a‖ is 0 and b is not */
  readonly relativeL2: number | undefined
  /** largest |a − b| over the same places */
  readonly maxAbs: number
  /** places where one of them is not finite and the other is not the same */
  readonly notFinite: number
}

/** In double precision. */
export function weightDifference(a: Tensor, b: Tensor): WeightDifference {
  let [squares, norm, maxAbs, notFinite] = [0, 0, 0, 0]
  const others = numberBlocks(b)
  for (const block of numberBlocks(a)) {
    const other: ArrayLike<number> = others.next().value ?? []
    for (let i = 0; i < block.length; i++) {
      const [value, against] = [block[i] ?? 0, other[i] ?? 0]
      const difference = value - against
      if (difference - difference === 0) {
        squares += difference * difference
        norm += value * value
        const size = Math.abs(difference)
        if (size > maxAbs) maxAbs = size
      } else if (!Object.is(value, against)) notFinite++
    }
  }
  const relativeL2 = squares === 0 ? 0 : norm === 0 ? undefined : Math.sqrt(squares / norm)
  return { relativeL2, maxAbs, notFinite }
}
