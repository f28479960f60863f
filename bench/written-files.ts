import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Checkpoint } from '#models/checkpoints/checkpoint'
import { readCheckpoint } from '#models/checkpoints/index'
import { openFile, type OpenFile } from '../main/files'
import { zeros, type TensorToWrite } from './random-tensor'
import { writeCheckpoint, type CheckpointToWrite } from './write-checkpoint'
import { writeSafetensors } from './write-safetensors'

type Tensors = ReadonlyMap<string, TensorToWrite>

/**
 * Checkpoints of the full length of which names and shapes alone are written, in a folder of their own until `remove`.
 * Values are holes in the file, which read as zeros.
 */
export class WrittenFiles {
  readonly #open: OpenFile[] = []

  private constructor(readonly folder: string) {}

  static async inNewFolder(): Promise<WrittenFiles> {
    return new WrittenFiles(await mkdtemp(join(tmpdir(), 'written-')))
  }

  /** The checkpoint as it is read back: a .safetensors, or else an archive of PyTorch. */
  async add(name: string, tensors: Tensors, options: Omit<CheckpointToWrite, 'tensors'> = {}): Promise<Checkpoint> {
    const path = join(this.folder, name.replaceAll('/', '-'))
    const holes = new Map(Array.from(tensors, ([key, { dtype, shape }]) => [key, zeros(dtype, shape)]))
    if (path.endsWith('.safetensors')) await writeSafetensors(path, holes)
    else await writeCheckpoint(path, { tensors: holes, ...options })
    const file = await openFile(path)
    this.#open.push(file)
    return readCheckpoint(file)
  }

  async remove(): Promise<void> {
    for (const file of this.#open) await file.close()
    await rm(this.folder, { recursive: true })
  }
}
