import { execFileSync } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { freshFolder, writePicture } from './files'
import { median } from './measure'
import type { OpenTimes } from './open-process'
import type { PublishedModel } from './published'
import { megabytes, ratioRow, timeRow, type Row } from './report'

/** Times and memory of opening a checkpoint for the first time and again, each in a new process. */
export async function measureOpening(model: PublishedModel, checkpoint: string, rounds: number): Promise<Row[]> {
  const picture = await writePicture(await freshFolder('opening'), model.inputSize, model.inputSize, 0)
  const first: OpenTimes[] = []
  const again: OpenTimes[] = []
  for (let round = 0; round < rounds; round++) {
    const cacheFolder = await freshFolder('opening-cache')
    const open = (): OpenTimes => {
      const program = join(import.meta.dirname, 'open-process.js')
      const output = execFileSync(process.execPath, [program, checkpoint, cacheFolder, picture.path])
      return JSON.parse(output.toString()) as OpenTimes
    }
    first.push(open())
    again.push(open())
  }
  const { size } = await stat(checkpoint)
  const openMs = (times: readonly OpenTimes[]): number[] => times.map((time) => time.openMs)
  const toScores = (times: readonly OpenTimes[]): number[] => times.map((time) => time.openMs + time.firstScoresMs)
  return [
    timeRow('open, first', openMs(first)),
    ratioRow('open, again', { ours: openMs(again), theirs: openMs(first) }, 0.3, 'first'),
    timeRow('open and first score map, first', toScores(first)),
    ratioRow('open and first score map, again', { ours: toScores(again), theirs: toScores(first) }, undefined, 'first'),
    memoryRow('memory peak of opening, first', median(first.map((time) => time.openPeakBytes)), size, 1.5),
    memoryRow('memory peak of opening, again', median(again.map((time) => time.openPeakBytes)), size, 1.5),
    memoryRow('memory peak until the first score map', median(first.map((time) => time.scoresPeakBytes)), size)
  ]
}

function memoryRow(what: string, peak: number, fileBytes: number, aim?: number): Row {
  const known = peak > 0
  const ratio = peak / fileBytes
  return {
    what,
    ours: known ? megabytes(peak) : 'not told by this system',
    against: `${megabytes(fileBytes)} file`,
    ratio: known ? ratio : undefined,
    aim,
    holds: known && aim !== undefined ? ratio <= aim : undefined
  }
}
