import { encodeNpy } from '#models/checkpoints/npy'
import type { ModelSlot } from '../state/model-slot.svelte'
import type { Studio } from '../state/studio.svelte'

/** Saves a tensor of the model's run as an NPY file where the user says; nothing where there is no run. */
export async function saveTensor(studio: Studio, slot: ModelSlot, name: string): Promise<void> {
  const { run } = slot
  if (!run) return
  const tensor = await studio.engine.tensor({ run: run.id, name })
  const picture = studio.picture.info?.fileName.replace(/\.[^.]+$/, '') ?? 'picture'
  const path = await studio.shell.saveExport({
    suggestedName: `${picture}-${name}`,
    files: [{ extension: 'npy', bytes: encodeNpy(tensor) }]
  })
  if (path !== undefined) studio.notices.add('info', studio.words.tensors.saved(path))
}
