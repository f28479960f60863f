import { encodeNpy } from '#models/checkpoints/npy'
import type { ModelSlot } from '../state/model-slot.svelte'
import { provenanceOf } from '../state/provenance'
import type { Studio } from '../state/studio.svelte'

/** What is of all windows of a sliding run, not of one. */
const OF_ALL_WINDOWS = ['token_ids', 'text_embedding', 'seg_logits']

/**
 * Saves a tensor of the model's run as an NPY file where the user says, with a JSON beside it that says what it is and
 * where it came from; nothing where there is no run. Of a sliding run that is the first window's.
 */
export async function saveTensor(studio: Studio, slot: ModelSlot, name: string): Promise<void> {
  const { run } = slot
  if (!run) return
  const tensor = await studio.engine.tensor({ run: run.id, name })
  const { shape, dtype } = tensor
  const meaning = slot.info?.tensors.find((spec) => spec.name === name)?.meaning
  const isOfWindow = run.mode.kind === 'slide' && !OF_ALL_WINDOWS.includes(name)
  const what = { tensor: name, meaning, shape, dtype, ...(isOfWindow && { window: run.windows[0] }) }
  const about = JSON.stringify({ ...what, ...provenanceOf(studio, slot) }, undefined, 2)
  const picture = studio.picture.info?.fileName.replace(/\.[^.]+$/, '') ?? 'picture'
  const path = await studio.shell.saveExport({
    // of several models, whose it is
    suggestedName: [picture, ...(studio.comparing ? [slot.letter] : []), name].join('-'),
    files: [
      { extension: 'npy', bytes: encodeNpy(tensor) },
      { extension: 'json', bytes: new TextEncoder().encode(`${about}\n`) }
    ]
  })
  if (path !== undefined) studio.notices.add('info', studio.words.tensors.saved(path))
}
