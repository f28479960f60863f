import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addToConfusion, emptyConfusion, meanIou } from '#models/analysis/iou'
import { createEngine, type LocalEngine } from './engine'

/*
 * The mIoU table of the sample models' README, reproduced from their files by this project's own inference:
 * whole picture, no resizing, the confusion summed over the six pictures of a domain.
 */

const SAMPLES = resolve(import.meta.dirname, '../../resources/samples')
const DOMAINS = ['day', 'night', 'fog', 'game'] as const
const PICTURES_PER_DOMAIN = 6
/** points of mIoU, in percent */
const TOLERANCE = 0.2

type Answer = 'seg_logits' | 'score_map'

/** Rows `| name | 63.8 / 47.7 | … |` of the README's first table: decoder and score map alone, a pair a domain. */
async function readTable(): Promise<Map<string, { seg_logits: number; score_map: number }[]>> {
  const text = await readFile(join(SAMPLES, 'README.md'), 'utf8')
  const rows = new Map<string, { seg_logits: number; score_map: number }[]>()
  for (const line of text.split('\n')) {
    const [, name, ...cells] = line.split('|').map((cell) => cell.trim())
    const pairs = cells.map((cell) => /^([\d.]+) \/ ([\d.]+)$/.exec(cell)).filter((match) => match !== null)
    // the second table of the file, over unseen scenes, names the same models again
    if (!name || pairs.length !== DOMAINS.length || rows.has(name)) continue
    rows.set(
      name,
      pairs.map(([, decoder, score]) => ({ seg_logits: Number(decoder), score_map: Number(score) }))
    )
  }
  return rows
}

const MODELS = ['denseclip-mini-vit', 'denseclip-mini-rn', 'denseclip-mini-rn-supervised'] as const

describe('the mIoU of the sample models', () => {
  let folder: string
  let engine: LocalEngine
  let table: Awaited<ReturnType<typeof readTable>>
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'samples-'))
    engine = createEngine({ cacheFolder: folder })
    await engine.useProvider({ provider: 'cpu' })
    table = await readTable()
  })
  afterAll(async () => {
    await engine.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** mIoU in percent of the decoder and of the score map alone, over one domain. */
  async function measure(checkpoint: string, domain: string): Promise<Record<Answer, number>> {
    const model = await engine.openModel({ path: join(SAMPLES, 'checkpoints', `${checkpoint}.pth`) })
    const count = model.classes.length
    const confusions = { seg_logits: emptyConfusion(count), score_map: emptyConfusion(count) }
    for (let i = 0; i < PICTURES_PER_DOMAIN; i++) {
      const file = join(domain, `${domain}-${i}.png`)
      const picture = await engine.openPicture({ path: join(SAMPLES, 'images', file) })
      const labels = await engine.openLabels({ path: join(SAMPLES, 'labels', file) })
      const truth = await engine.labelPixels({ labels: labels.id, width: picture.width, height: picture.height })
      const run = await engine.run({
        model: model.id,
        picture: picture.id,
        classes: model.classes,
        gammaScale: 1,
        mode: { kind: 'whole' },
        scaling: 'original',
        want: []
      })
      for (const from of ['seg_logits', 'score_map'] as const) {
        const answer = await engine.labelMap({ run: run.id, from })
        addToConfusion(confusions[from], count, truth.labels, answer.labels)
      }
      await engine.closePicture({ picture: picture.id })
      await engine.closeLabels({ labels: labels.id })
    }
    await engine.closeModel({ model: model.id })
    return {
      seg_logits: 100 * meanIou(confusions.seg_logits, count).mean,
      score_map: 100 * meanIou(confusions.score_map, count).mean
    }
  }

  it.each(MODELS)('%s', async (name) => {
    const expected = table.get(name)
    expect(expected, 'a row of the README').toHaveLength(DOMAINS.length)
    for (const [i, domain] of DOMAINS.entries()) {
      const measured = await measure(name, domain)
      const row = expected?.[i]
      for (const from of ['seg_logits', 'score_map'] as const) {
        const difference = Math.abs(measured[from] - (row?.[from] ?? NaN))
        expect(difference, `${domain}, ${from}: ${measured[from].toFixed(2)}`).toBeLessThanOrEqual(TOLERANCE)
      }
    }
  })
})
