import type { ByteSource } from '../bytes'
import type { Checkpoint, CheckpointFormat } from './checkpoint'
import { failIn } from './fault'
import { foreign } from './foreign'
import { legacy } from './legacy'
import { npy } from './npy'
import { npz } from './npz'
import { onnx } from './onnx'
import { pytorch } from './pytorch'
import { safetensors } from './safetensors'

/** Every format that can be opened, in the order they are tried: clear signatures first. */
export const FORMATS = [npz, pytorch, npy, legacy, safetensors, onnx] as const satisfies readonly CheckpointFormat[]

const HEAD_BYTES = 4096

/**
 * Opens a checkpoint: its names, shapes and metadata, and tensors that are read when they are asked for.
 * Throws a StudioError with one of the FileFault codes, which names the file, what is wrong and what to do.
 */
export async function readCheckpoint(source: ByteSource): Promise<Checkpoint> {
  const fail = failIn(source.name)
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size))
  const other = foreign(head)
  if (other) throw fail(other.code, other.problem, { remedy: other.remedy })
  const format = FORMATS.find((candidate) => candidate.match(head, source.name))
  if (format === undefined) throw fail('not-a-model', 'it is in no format that is known here')
  return format.read(source)
}
