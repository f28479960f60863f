import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { SampleFiles } from '#models/shell'

/** The one that resources/samples/README.md names first. */
const FIRST_CHECKPOINT = 'denseclip-mini-vit.pth'
/** What the models were trained on comes first, then what breaks them. */
const DOMAINS = ['day', 'night', 'fog', 'game']

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).sort()
}

/** The models and pictures that the studio brings, in `folder`. */
export async function sampleFiles(folder: string): Promise<SampleFiles> {
  const checkpoints = (await namesIn(join(folder, 'checkpoints'))).map((name) => join(folder, 'checkpoints', name))
  const pictures = await Promise.all(
    DOMAINS.map(async (domain) =>
      (await namesIn(join(folder, 'images', domain))).map((name) => ({
        picture: join(folder, 'images', domain, name),
        labels: join(folder, 'labels', domain, name),
        domain
      }))
    )
  )
  const checkpoint = join(folder, 'checkpoints', FIRST_CHECKPOINT)
  return {
    checkpoint,
    checkpoints: [checkpoint, ...checkpoints.filter((path) => path !== checkpoint)],
    pictures: pictures.flat()
  }
}
