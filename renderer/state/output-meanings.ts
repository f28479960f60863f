import type { ModelInfo } from '#models/api'
import type { Overrides } from '#models/architectures/architecture'
import type { Shell } from '#models/shell'
import type { ModelSource } from './choices'
import type { ModelSlot } from './model-slot.svelte'
import type { Session } from './session.svelte'
import type { Studio } from './studio.svelte'

/* What outputs of an ONNX file mean is said once: it is kept by the content of the file, not by where it lies. */

interface OpenedModel {
  readonly source: ModelSource
  readonly info: ModelInfo
}

/** A file that is run as it is, opened again with what was said of its outputs before; anything else as it was. */
export async function withKeptMeanings(
  session: Pick<Session, 'openModel' | 'abandon'>,
  shell: Pick<Shell, 'outputMeanings'>,
  opened: OpenedModel
): Promise<OpenedModel | undefined> {
  const { source, info } = opened
  if (!info.outputs || source.overrides !== undefined) return opened
  const overrides = await shell.outputMeanings({ hash: info.hash }).catch(() => undefined)
  if (overrides === undefined) return opened
  const mapped: ModelSource = { ...source, overrides }
  try {
    const better = await session.openModel(mapped)
    session.abandon(source)
    return better && { source: mapped, info: better }
  } catch {
    // said for an older version of the studio, which took the file for something else
    return opened
  }
}

/** Takes outputs for something else, and keeps that where the file can be opened so. */
export async function mapOutputs(studio: Studio, slot: ModelSlot, change: Overrides): Promise<void> {
  const { info } = slot
  if (!info) return
  // one that is on its way still counts
  const overrides = { ...(slot.next ?? slot.choice).overrides, ...change }
  await studio.opener.changeModel(studio.models.indexOf(slot), { overrides })
  // refused, or a newer choice has taken its place
  if (slot.choice.overrides !== overrides) return
  await studio.shell
    .saveOutputMeanings({ hash: info.hash, meanings: overrides })
    .catch(() => studio.notices.add('error', studio.words.onnx.notKept))
}
