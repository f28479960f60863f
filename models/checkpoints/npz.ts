import type { CheckpointFormat, Note, StoredTensor } from './checkpoint'
import { StudioError } from '../errors'
import { quoted } from './fault'
import { openNpy } from './npy'
import { openZip } from './zip'
import { openEntry } from './zip-entry'

/** A zip archive of NumPy arrays. Those that are not numbers are left out with a note. */
export const npz: CheckpointFormat = {
  name: 'npz',
  match: (head, name) => head[0] === 0x50 && head[1] === 0x4b && /\.npz$/i.test(name),
  async read(source) {
    const archive = await openZip(source)
    const stateDict = new Map<string, StoredTensor>()
    const notes: Note[] = []
    for (const entry of archive.entries.values()) {
      const name = entry.name.replace(/\.npy$/, '')
      if (name === entry.name) continue
      try {
        stateDict.set(name, await openNpy(await openEntry(archive, entry), name))
      } catch (error) {
        if (!(error instanceof StudioError && error.code === 'unsupported')) throw error
        const reason = error.message.replace(`${source.name}: `, '')
        notes.push({ code: 'skipped', message: `${quoted(name)} was left out: ${reason}` })
      }
    }
    if (stateDict.size === 0) throw archive.fail('not-a-model', 'it holds no array of numbers')
    return { format: 'npz', source, stateDict, container: [], others: new Map(), extras: new Map(), notes }
  }
}
