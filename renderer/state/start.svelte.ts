import type { SampleFiles } from '#models/shell'
import { EMPTY_CHOICES, type Choices } from './choices'
import type { Studio } from './studio.svelte'
import { readWorkspace, storedWorkspace } from './workspace'

/** What the sample shows first. */
const SAMPLE_CLASS = 'car'
/** A burst of choices (a dragged slider) is written once, when it is over. */
const SAVE_AFTER_MS = 500

/** The sample checkpoint and picture with its labels. */
function sampleChoices(samples: SampleFiles): Choices {
  const first = samples.pictures[0]
  return {
    ...EMPTY_CHOICES,
    models: [{ path: samples.checkpoint, classes: undefined }],
    picturePath: first?.picture,
    labelsPath: first?.labels,
    chosenClass: SAMPLE_CLASS
  }
}

/** Opens the sample as a choice of its own, so that undo comes back from it. */
export async function openSample(studio: Studio): Promise<void> {
  const samples = await studio.shell.samples()
  const { picturePath, labelsPath, chosenClass } = sampleChoices(samples)
  await studio.opener.openModel({ path: samples.checkpoint })
  if (picturePath !== undefined) await studio.opener.openPicture(picturePath, labelsPath)
  studio.chooseClass(chosenClass)
}

/** The last workspace, or the sample where there is none (or none that can be read). */
export async function start(studio: Studio): Promise<void> {
  const stored = readWorkspace(await studio.shell.loadWorkspace().catch(() => undefined))
  if (stored) {
    studio.change(stored.settings)
    studio.begin(stored.choices)
  } else {
    studio.begin(sampleChoices(await studio.shell.samples()))
  }
}

/** Writes the workspace some time after each change; returns what ends that. For use inside an effect root. */
export function keepWorkspace(studio: Studio): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let first = true
  $effect(() => {
    const workspace = storedWorkspace({ choices: studio.choices, settings: studio.settings })
    if (first) {
      first = false // what was just read needs no writing
      return
    }
    clearTimeout(timer)
    timer = setTimeout(() => void studio.shell.saveWorkspace({ workspace }).catch(() => undefined), SAVE_AFTER_MS)
  })
}
