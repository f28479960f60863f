import { createEngine } from '../main/engine/engine'
import { residentMemory } from './memory'

/*
 * A process of its own that opens a checkpoint and shows one picture, so that nothing is warm but what is on disk:
 *
 *     node open-process.js CHECKPOINT CACHE_FOLDER PICTURE
 */

/** What it writes to stdout, as JSON. */
export interface OpenTimes {
  /** from the call to open the checkpoint until it is open */
  readonly openMs: number
  /** from there until the score map of the picture is there */
  readonly firstScoresMs: number
  /** peak of resident memory until the checkpoint was open; 0 where the system does not tell */
  readonly openPeakBytes: number
  /** the same until the score map was there */
  readonly scoresPeakBytes: number
}

const [checkpoint = '', cacheFolder = '', picture = ''] = process.argv.slice(2)
const engine = createEngine({ cacheFolder })
await engine.useProvider({ provider: 'cpu' })

const started = performance.now()
const model = await engine.openModel({ path: checkpoint })
const opened = performance.now()
const openPeakBytes = residentMemory()?.peakBytes ?? 0

const { id } = await engine.openPicture({ path: picture })
await engine.run({
  model: model.id,
  picture: id,
  classes: model.classes,
  gammaScale: 1,
  mode: { kind: 'whole' },
  scaling: 'published',
  want: ['score_map']
})
const times: OpenTimes = {
  openMs: opened - started,
  firstScoresMs: performance.now() - opened,
  openPeakBytes,
  scoresPeakBytes: residentMemory()?.peakBytes ?? 0
}
console.log(JSON.stringify(times))
