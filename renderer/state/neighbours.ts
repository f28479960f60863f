import type { ModelInfo } from '#models/api'
import type { Shell } from '#models/shell'
import type { ModelSource } from './choices'
import type { Session } from './session.svelte'

/**
 * Opens a checkpoint, and again with the files that it needs where exactly one of each lies beside it by its name; what
 * cannot be used of them is left for the user to give. Undefined where something else was opened meanwhile.
 */
export async function openWithNeighbours(
  session: Session,
  shell: Pick<Shell, 'companionsBeside'>,
  source: ModelSource
): Promise<{ readonly source: ModelSource; readonly info: ModelInfo } | undefined> {
  const info = await session.openModel(source)
  if (!info) return undefined
  const found = await soleNeighbours(shell, info)
  if (found === undefined) return { source, info }
  const whole: ModelSource = { ...source, companions: { ...source.companions, ...found } }
  try {
    const better = await session.openModel(whole)
    session.abandon(source)
    return better && { source: whole, info: better }
  } catch {
    return { source, info }
  }
}

async function soleNeighbours(
  shell: Pick<Shell, 'companionsBeside'>,
  { path, needs = [] }: ModelInfo
): Promise<ModelSource['companions']> {
  if (needs.length === 0) return undefined
  const beside = await shell
    .companionsBeside({ path })
    .catch(() => ({}) as Awaited<ReturnType<Shell['companionsBeside']>>)
  const sole = needs.flatMap((name) => {
    const [first, ...more] = beside[name] ?? []
    return first !== undefined && more.length === 0 ? [[name, first] as const] : []
  })
  return sole.length > 0 ? Object.fromEntries(sole) : undefined
}
