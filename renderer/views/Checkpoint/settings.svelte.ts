import type { Fact } from '#models/architectures/architecture'
import type { Studio } from '../../state/studio.svelte'
import { studioError } from '../../state/resource.svelte'
import type { Subject } from './doctor.svelte'
import { writtenValue } from './setting-value'

/** How the numbers of what is looked into are set. */
export interface Settings {
  /** Sets a number, or leaves it to the rule where `text` is undefined; why that cannot be, as the engine says it. */
  set(fact: Fact, text: string | undefined): Promise<string | undefined>
}

/** The engine is asked first, so that a value that cannot be changes nothing. */
export function settingsOf(studio: Studio, { source, index }: Subject): Settings {
  return {
    async set({ key, setting }, text) {
      const others = Object.entries(source.overrides ?? {}).filter(([name]) => name !== key)
      const all = text === undefined ? others : [...others, [key, writtenValue(text, setting?.otherwise)] as const]
      const overrides = all.length > 0 ? Object.fromEntries(all) : undefined
      try {
        await studio.engine.inspect({ ...source, overrides })
      } catch (error) {
        return studioError(error).message
      }
      if (index === undefined) await studio.openModel({ ...source, overrides }, 0)
      else await studio.changeModel(index, { overrides })
      if (index === undefined) studio.choose({ doctor: { ...studio.choices.doctor, path: undefined, model: 0 } })
      return undefined
    }
  }
}
