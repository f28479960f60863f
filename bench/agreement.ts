import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Engine, ModelInfo } from '#models/api'
import type { PyTorch } from './pytorch'

/** The tolerance of the golden tensors. */
const TOLERANCE = 1e-4

/**
 * Has both sides compute the same picture with the same weights and compares: a benchmark of two different computations
 * says nothing. Gives the largest relative L2 error; throws where it is beyond the tolerance.
 */
export async function checkAgreement(
  engine: Engine,
  model: ModelInfo,
  picturePath: string,
  torch: PyTorch,
  job: string
): Promise<number> {
  await torch.save()
  const { id: picture } = await engine.openPicture({ path: picturePath })
  const names = ['score_map', 'seg_logits_low']
  const run = await engine.run({
    model: model.id,
    picture,
    classes: model.classes,
    gammaScale: 1,
    mode: { kind: 'whole' },
    scaling: 'published',
    want: names
  })
  let largest = 0
  for (const name of names) {
    const { data } = await engine.tensor({ run: run.id, name })
    const error = relativeError(data as Float32Array, await readArray(join(dirname(job), `${name}.npy`)))
    if (!(error <= TOLERANCE))
      throw new Error(`${name} differs from PyTorch's by ${error}: the two do not compute the same.`)
    largest = Math.max(largest, error)
  }
  await engine.closePicture({ picture })
  return largest
}

/** ‖ours − theirs‖ / ‖theirs‖. */
function relativeError(ours: Float32Array, theirs: Float32Array): number {
  if (ours.length !== theirs.length) return Infinity
  let difference = 0
  let size = 0
  for (const [i, value] of theirs.entries()) {
    difference += ((ours[i] ?? 0) - value) ** 2
    size += value ** 2
  }
  return Math.sqrt(difference / size)
}

/** Values of a float32 .npy of version 1, as NumPy writes small ones: behind a header of the length it names. */
async function readArray(path: string): Promise<Float32Array> {
  const bytes = await readFile(path)
  const start = 10 + bytes.readUInt16LE(8)
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length))
}
