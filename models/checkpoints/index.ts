import type { ByteSource } from '../bytes'
import type { Checkpoint, CheckpointFormat } from './checkpoint'
import { failIn } from './fault'
import { pytorch } from './pytorch'

/** Every format that can be opened, in the order they are tried. */
export const FORMATS = [pytorch] as const satisfies readonly CheckpointFormat[]

const HEAD_BYTES = 4096

/**
 * Opens a checkpoint: its names, shapes and metadata, and tensors that are read when they are asked for.
 * Throws a StudioError with one of the FileFault codes, which names the file, what is wrong and what to do.
 */
export async function readCheckpoint(source: ByteSource): Promise<Checkpoint> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size))
  const format = FORMATS.find((candidate) => candidate.match(head, source.name))
  if (format === undefined) throw failIn(source.name)('not-a-model', 'it is in no format that is known here')
  return format.read(source)
}
