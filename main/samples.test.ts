import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sampleFiles } from './samples'

const FOLDER = join('resources', 'samples')

test('the samples that their README names are there, the one to open first in front', async () => {
  const { checkpoint, checkpoints, pictures } = await sampleFiles(FOLDER)
  const readme = readFileSync(join(FOLDER, 'README.md'), 'utf8')
  expect(/`checkpoints\/(\S+)` \| \*\*the one to open first\*\*/.exec(readme)?.[1]).toBe('denseclip-mini-vit.pth')
  expect(checkpoint).toBe(join(FOLDER, 'checkpoints', 'denseclip-mini-vit.pth'))
  expect(checkpoints[0]).toBe(checkpoint)
  expect(new Set(checkpoints).size).toBe(5)
  expect(pictures).toHaveLength(24)
  expect(pictures[0]).toEqual({
    picture: join(FOLDER, 'images', 'day', 'day-0.png'),
    labels: join(FOLDER, 'labels', 'day', 'day-0.png'),
    domain: 'day'
  })
  const files = [...checkpoints, ...pictures.flatMap(({ picture, labels }) => [picture, labels])]
  expect(files.filter((file) => !existsSync(file))).toEqual([])
})
