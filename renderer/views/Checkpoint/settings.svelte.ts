import type { Fact } from '#models/architectures/architecture'
import { studioError } from '../../state/resource.svelte'
import type { Studio } from '../../state/studio.svelte'
import { openAsModel, type Subject } from './doctor.svelte'
import { writtenValue } from './setting-value'

/** How the numbers of what is looked into are set. */
export interface Settings {
  /**
   * Sets a number, or leaves it to the rule where `text` is undefined; gives the engine's sentence where that cannot be.
   * `like` is a value of its kind, where one is known.
   */
  set(key: string, text: string | undefined, like: Fact['value'] | undefined): Promise<string | undefined>
}

/** The engine is asked first, so that a value that cannot be changes nothing. A file that is no model yet becomes one. */
export function settingsOf(studio: Studio, { source, index }: Subject): Settings {
  return {
    async set(key, text, like) {
      const others = Object.entries(source.overrides ?? {}).filter(([name]) => name !== key)
      const all = text === undefined ? others : [...others, [key, writtenValue(text, like)] as const]
      const overrides = all.length > 0 ? Object.fromEntries(all) : undefined
      try {
        const { refusal } = await studio.engine.inspect({ ...source, overrides })
        if (refusal) return refusal.message
      } catch (error) {
        return studioError(error).message
      }
      if (index === undefined) await openAsModel(studio, { ...source, overrides })
      else await studio.opener.changeModel(index, { overrides })
      return undefined
    }
  }
}
