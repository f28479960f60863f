import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { electronRuntime } from '../scripts/electron-runtime.mjs'
import { ensureCheckpoint, ensureDenseClip } from './checkpoints'
import { freshFolder, writePicture } from './files'
import { machineLines } from './machine'
import type { ResidentMemory } from './memory'
import type { MemoryCourse } from './memory-process'
import { publishedResNet50, publishedVitB16 } from './published'
import { clipResNet50, clipVitB16 } from './published-clip'
import { samVitB } from './published-sam'
import { megabytes, table, type Row } from './report'

/** What several models may take, of the sum of their files. */
const AIM = 1.25

/** How often the first is opened and closed again. */
const REOPENED = 10

interface Checkpoint {
  readonly title: string
  ensure(): Promise<string>
}

const DENSECLIP_RN50: Checkpoint = { title: 'DenseCLIP-RN50', ensure: () => ensureDenseClip(publishedResNet50()) }
const DENSECLIP_VIT: Checkpoint = { title: 'DenseCLIP-ViT-B/16', ensure: () => ensureDenseClip(publishedVitB16()) }
/** One of several of equal weights, which are other files for the engine: an archive's folder is named after its file. */
const clipVit = (number: number): Checkpoint => ({
  title: 'CLIP ViT-B/16, halves',
  ensure: () => ensureCheckpoint(`clip-vit-b-16-${number}`, () => ({ tensors: clipVitB16() }))
})
const clipResNet = (number: number): Checkpoint => ({
  title: 'CLIP RN50, halves',
  ensure: () => ensureCheckpoint(`clip-rn50-${number}`, () => ({ tensors: clipResNet50() }))
})
const SAM: Checkpoint = {
  title: 'SAM ViT-B',
  ensure: () => ensureCheckpoint('sam-vit-b', () => ({ tensors: samVitB() }))
}

const SETS: readonly (readonly Checkpoint[])[] = [
  [DENSECLIP_RN50, DENSECLIP_VIT, clipVit(0), clipResNet(0)],
  [SAM, DENSECLIP_VIT, clipVit(0), clipResNet(0)],
  [clipVit(0), clipResNet(0), clipVit(1), clipResNet(1)]
]

/**
 * Opens four models one after another in a process of its own, looks at a picture of 640 × 480 through each, and closes
 * them; prints how much more memory the process has resident than before. Its runtime is Electron's, as in the studio:
 * Chromium's allocator gives large blocks back, and the C library's keeps many.
 */
export async function measureSeveralModels(): Promise<void> {
  const { binary, version } = electronRuntime()
  const folder = await freshFolder('several')
  const picture = await writePicture(folder, 640, 480, 0)
  for (const set of SETS) {
    const paths: string[] = []
    for (const { ensure } of set) paths.push(await ensure())
    const program = join(import.meta.dirname, 'memory-process.js')
    const words = ['--expose-gc', program, join(folder, 'cache'), picture.path, String(REOPENED), ...paths]
    // the first run compiles; memory is that of a studio that finds its models compiled
    const run = (): string =>
      execFileSync(binary, words, { env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' }, encoding: 'utf8' })
    run()
    const course = JSON.parse(run()) as MemoryCourse
    const conditions = machineLines(`The engine in Electron ${version} (as Node), picture of 640×480, K = 150`)
    console.log(table('Four models open', rowsOf(set, course), conditions))
  }
}

function rowsOf(
  set: readonly Checkpoint[],
  { before, models, tensorBytes, again, closed, reopened }: MemoryCourse
): Row[] {
  let files = 0
  const opened = models.map(({ fileBytes, after }, index) => {
    files += fileBytes
    const isLast = index === models.length - 1
    return growthRow(`${index ? 'and ' : ''}${set[index]?.title ?? ''}`, before, after, files, isLast)
  })
  return [
    ...opened,
    plainRow('of which tensors kept for views', megabytes(tensorBytes)),
    growthRow('all four, the picture as large as it is', before, again, files, true),
    growthRow('peak', before, { ...again, bytes: again.peakBytes }, files, false),
    plainRow('all closed', megabytes(closed.bytes - before.bytes)),
    plainRow(`the first opened and closed ${REOPENED} times more`, megabytes(reopened.bytes - before.bytes))
  ]
}

function growthRow(what: string, before: ResidentMemory, after: ResidentMemory, files: number, isJudged: boolean): Row {
  const growth = after.bytes - before.bytes
  const ratio = growth / files
  const aim = isJudged ? AIM : undefined
  const against = `${megabytes(files)} files`
  return { what, ours: megabytes(growth), against, ratio, aim, holds: isJudged ? ratio <= AIM : undefined }
}

function plainRow(what: string, ours: string): Row {
  return { what, ours, against: '', ratio: undefined, aim: undefined, holds: undefined }
}
