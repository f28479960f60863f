import type { Tensor } from '../tensor'
import type { Note, StateDict } from './checkpoint'
import { quoted } from './fault'
import { StridedTensor } from './strided-tensor'

export interface Examination {
  /** values that are NaN or infinite */
  readonly notFinite: number
  /** how many in each tensor that has any */
  readonly notFiniteIn: readonly { readonly name: string; readonly count: number }[]
  /** one note on those values, and one for every storage whose checksum does not fit */
  readonly notes: readonly Note[]
}

/**
 * Reads every weight once and tells what no shape can: values that are not finite, and bytes that were damaged.
 * `onProgress` gets the share done, 0..1.
 */
export async function examineWeights(
  stateDict: StateDict,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (share: number) => void } = {}
): Promise<Examination> {
  const damaged = new Set<Note>()
  const found: { name: string; count: number }[] = []
  let notFinite = 0
  let done = 0
  for (const stored of stateDict.values()) {
    signal?.throwIfAborted()
    const note = stored instanceof StridedTensor ? await stored.storage.verify?.() : undefined
    if (note) damaged.add(note)
    const count = countNotFinite(await stored.read())
    if (count > 0) found.push({ name: stored.name, count })
    notFinite += count
    onProgress?.(++done / stateDict.size)
  }
  const names = found.map(({ name }) => name)
  const notes = [...(notFinite > 0 ? [notFiniteNote(notFinite, names)] : []), ...damaged]
  return { notFinite, notFiniteIn: found, notes }
}

function notFiniteNote(count: number, names: readonly string[]): Note {
  const where = names.slice(0, 3).map(quoted).join(', ')
  const more = names.length > 3 ? ` and ${names.length - 3} more tensors` : ''
  const values = count === 1 ? '1 value that is' : `${count} values that are`
  return { code: 'not-finite', message: `The model holds ${values} not finite, in ${where}${more}.` }
}

/** Values of a tensor that are NaN or infinite. */
export function countNotFinite(tensor: Tensor): number {
  switch (tensor.dtype) {
    case 'float32':
    case 'float64':
      // infinity times 0 is NaN, too
      return count(tensor.data, (value) => value * 0 !== 0)
    case 'float16':
      return count(tensor.data, (bits) => (bits & 0x7c00) === 0x7c00)
    case 'bfloat16':
      return count(tensor.data, (bits) => (bits & 0x7f80) === 0x7f80)
    default:
      return 0
  }
}

function count(values: ArrayLike<number>, isCounted: (value: number) => boolean): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) if (isCounted(values[i] ?? 0)) sum++
  return sum
}
