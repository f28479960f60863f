import type { Provenance } from '#models/figures/index'
import packageJson from '../../package.json'
import type { ModelSlot } from './model-slot.svelte'
import type { Studio } from './studio.svelte'

/** Where what a model shows came from, for the JSON beside an export. Throws where it has not run. */
export function provenanceOf(studio: Studio, slot: ModelSlot): Provenance {
  const { info, run } = slot
  const { info: picture } = studio.picture
  if (!info || !run || !picture) throw new Error('There is nothing to export before a model has run.')
  return {
    studio: packageJson.version,
    checkpoint: { fileName: info.fileName, sha256: info.hash, system: info.system },
    picture: {
      fileName: picture.fileName,
      sha256: picture.hash,
      width: picture.width,
      height: picture.height
    },
    labels: studio.labels.info && { fileName: studio.labels.info.fileName },
    classes: run.classes,
    mode: run.mode,
    input: { width: run.inputWidth, height: run.inputHeight },
    provider: [...new Set(run.stages.map((stage) => stage.provider))].join(', '),
    settings: {
      chosenClass: studio.chosenName,
      gammaScale: run.gammaScale,
      tau: studio.tauOf(slot),
      scaling: studio.choices.scaling,
      overrides: slot.choice.overrides,
      ...studio.heatmaps,
      ...(info.prompts ? { prompts: studio.choices.sam } : {})
    }
  }
}
