import { weightDifference, type WeightDifference } from '../analysis/weight-difference'
import { BYTES_PER_ELEMENT, elementCount, type DType, type Shape } from '../tensor'
import type { StateDict, StoredTensor } from './checkpoint'

export type KeyStatus =
  | 'same'
  /** values differ */
  | 'differs'
  /** stored as another type; `difference` says whether the values are the same */
  | 'dtype'
  /** another shape, so that values cannot be compared */
  | 'shape'
  | 'only-first'
  | 'only-second'

export interface StoredAs {
  /** as it stands in the file */
  readonly name: string
  readonly dtype: DType
  readonly shape: Shape
}

/** What became of one key of two checkpoints. */
export interface ComparedKey {
  readonly name: string
  readonly status: KeyStatus
  readonly first: StoredAs | undefined
  readonly second: StoredAs | undefined
  /** undefined where values cannot be compared */
  readonly difference: WeightDifference | undefined
}

/**
 * One row for every key of either, in the order of the first and then of the second. Two tensors are held at a time.
 * `onShare` gets the share done, 0..1, and may throw to end it.
 */
export async function compareWeights(
  first: StateDict,
  second: StateDict,
  onShare: (share: number) => Promise<void>
): Promise<ComparedKey[]> {
  const total = bytesOf(first) + bytesOf(second)
  let done = 0
  const rows: ComparedKey[] = []
  for (const name of new Set([...first.keys(), ...second.keys()])) {
    const [a, b] = [first.get(name), second.get(name)]
    rows.push(await compareKey(name, a, b))
    done += (a ? byteSize(a) : 0) + (b ? byteSize(b) : 0)
    await onShare(total > 0 ? done / total : 1)
  }
  return rows
}

async function compareKey(
  name: string,
  a: StoredTensor | undefined,
  b: StoredTensor | undefined
): Promise<ComparedKey> {
  const [first, second] = [a && storedAs(a), b && storedAs(b)]
  const row = { name, first, second, difference: undefined }
  if (!a) return { ...row, status: 'only-second' }
  if (!b) return { ...row, status: 'only-first' }
  if (a.shape.length !== b.shape.length || a.shape.some((size, axis) => size !== b.shape[axis])) {
    return { ...row, status: 'shape' }
  }
  const difference = weightDifference(await a.read(), await b.read())
  const isSame = difference.maxAbs === 0 && difference.notFinite === 0
  return { ...row, difference, status: first?.dtype !== second?.dtype ? 'dtype' : isSame ? 'same' : 'differs' }
}

/** Largest difference first: what cannot be compared, then by relative L2; those of one size as they were. */
export function largestFirst(rows: readonly ComparedKey[]): ComparedKey[] {
  return rows.toSorted((a, b) => differenceSize(b) - differenceSize(a))
}

/** A number to sort by: infinite where values cannot be compared, 0 where they are the same. */
export function differenceSize({ difference }: ComparedKey): number {
  if (!difference || difference.relativeL2 === undefined || difference.notFinite > 0) return Number.MAX_VALUE
  return difference.relativeL2
}

function storedAs(stored: StoredTensor): StoredAs {
  const sources = stored.sources ?? [stored]
  const name = sources.map((source) => source.name).join(' + ')
  return { name, dtype: sources[0]?.dtype ?? stored.dtype, shape: stored.shape }
}

const byteSize = ({ dtype, shape }: StoredTensor): number => BYTES_PER_ELEMENT[dtype] * elementCount(shape)

function bytesOf(stateDict: StateDict): number {
  return Array.from(stateDict.values(), byteSize).reduce((sum, bytes) => sum + bytes, 0)
}
