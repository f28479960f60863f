import type { StoredTensor } from '../checkpoints/checkpoint'
import { elementCount, toFloat32, type Shape, type Tensor } from '../tensor'

/* Stored tensors seen another way: nothing is read before they are. */

function view(
  name: string,
  sources: readonly StoredTensor[],
  dtype: StoredTensor['dtype'],
  shape: Shape,
  read: () => Promise<Tensor>
): StoredTensor {
  return {
    name,
    sources,
    dtype,
    shape,
    read,
    async readRows(start, end) {
      const all = await read()
      const size = elementCount(shape.slice(1))
      return {
        ...all,
        shape: [end - start, ...shape.slice(1)],
        data: all.data.slice(start * size, end * size)
      } as Tensor
    }
  }
}

/** The same values under another shape. */
export function reshaped(stored: StoredTensor, shape: Shape): StoredTensor {
  return view(stored.name, [stored], stored.dtype, shape, async () => ({ ...(await stored.read()), shape }))
}

/** A matrix with rows and columns changed over, in float32. */
export function transposed(stored: StoredTensor): StoredTensor {
  const [rows = 0, columns = 0] = stored.shape
  return view(`${stored.name}:transposed`, [stored], 'float32', [columns, rows], async () => {
    const { data } = toFloat32(await stored.read())
    const turned = new Float32Array(data.length)
    for (let row = 0, i = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, i++) turned[column * rows + row] = data[i] ?? 0
    }
    return { dtype: 'float32', shape: [columns, rows], data: turned }
  })
}

/** Tensors of one shape behind their first axis, stacked along it, in float32. */
export function stacked(name: string, parts: readonly StoredTensor[]): StoredTensor {
  const shape = [parts.reduce((sum, part) => sum + (part.shape[0] ?? 0), 0), ...(parts[0]?.shape.slice(1) ?? [])]
  return view(name, parts, 'float32', shape, async () => {
    const data = new Float32Array(elementCount(shape))
    let offset = 0
    for (const part of parts) {
      const values = toFloat32(await part.read()).data
      data.set(values, offset)
      offset += values.length
    }
    return { dtype: 'float32', shape, data }
  })
}
