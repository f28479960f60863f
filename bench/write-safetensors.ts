import { open } from 'node:fs/promises'
import type { DType } from '#models/tensor'
import { BYTES_PER_ELEMENT } from '#models/tensor'
import { countOf, type TensorToWrite } from './random-tensor'

const CODES: Readonly<Partial<Record<DType, string>>> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32'
}
/** Values in memory at a time. */
const PIECE_ELEMENTS = 1 << 20

/** Writes a .safetensors file; tensors without values stay holes where the file system has sparse files. */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [string, TensorToWrite]>
): Promise<void> {
  const header: Record<string, object> = { __metadata__: { format: 'pt' } }
  const placed: { readonly tensor: TensorToWrite; readonly start: number }[] = []
  let end = 0
  for (const [name, tensor] of tensors) {
    const { dtype, shape } = tensor
    const code = CODES[dtype]
    if (code === undefined) throw new RangeError(`${name}: ${dtype} is not written here`)
    const start = end
    end += countOf(tensor) * BYTES_PER_ELEMENT[dtype]
    header[name] = { dtype: code, shape, data_offsets: [start, end] }
    placed.push({ tensor, start })
  }
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  const head = Buffer.concat([length, text])
  const handle = await open(path, 'w')
  try {
    await handle.write(head, 0, head.length, 0)
    await handle.truncate(head.length + end)
    for (const { tensor, start } of placed) {
      const count = countOf(tensor)
      for (let from = 0; tensor.values && from < count; from += PIECE_ELEMENTS) {
        const { buffer, byteOffset, byteLength } = tensor.values(from, Math.min(from + PIECE_ELEMENTS, count))
        const at = head.length + start + from * BYTES_PER_ELEMENT[tensor.dtype]
        await handle.write(new Uint8Array(buffer, byteOffset, byteLength), 0, byteLength, at)
      }
    }
  } finally {
    await handle.close()
  }
}
