import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kindOfPath } from './file-kind'

const samples = 'resources/samples'
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-kind-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function written(name: string, bytes: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  return path
}

function drawn(channels: 1 | 3): Sharp {
  const pixels = sharp({ create: { width: 4, height: 3, channels: 3, background: '#204060' } })
  return channels === 1 ? pixels.toColourspace('b-w') : pixels
}

test('the samples are what they are', async () => {
  expect(await kindOfPath(`${samples}/checkpoints/denseclip-mini-vit.pth`)).toBe('checkpoint')
  expect(await kindOfPath(`${samples}/checkpoints/clip-mini-rn.pt`)).toBe('checkpoint')
  expect(await kindOfPath(`${samples}/images/day/day-0.png`)).toBe('picture')
  expect(await kindOfPath(`${samples}/labels/day/day-0.png`)).toBe('labels')
  expect(await kindOfPath(samples)).toBe('folder')
  expect(await kindOfPath(`${samples}/README.md`)).toBe('unknown')
  expect(await kindOfPath(`${samples}/nothing.png`)).toBe('unknown')
})

test.each(['jpeg', 'tiff', 'webp', 'png'] as const)('a %s is a picture whatever its name', async (format) => {
  const path = await written(`no-ending-${format}`, await drawn(3).toFormat(format).toBuffer())
  expect(await kindOfPath(path)).toBe('picture')
})

test('a zip archive or a pickle without an ending is a checkpoint', async () => {
  expect(await kindOfPath(await written('zipped', 'PK\x03\x04\x00\x00'))).toBe('checkpoint')
  expect(await kindOfPath(await written('pickled', '\x80\x02}q\x00.'))).toBe('checkpoint')
  expect(await kindOfPath(await written('text', 'hello'))).toBe('unknown')
})

test('a broken checkpoint is still one, so that opening it can say what is wrong', async () => {
  expect(await kindOfPath(await written('empty.pth', ''))).toBe('checkpoint')
  expect(await kindOfPath(await written('PAGE.PTH', '<html>'))).toBe('checkpoint')
})

test('grey pictures are label images only under a name that says so', async () => {
  const grey = await drawn(1).png().toBuffer()
  expect(await kindOfPath(await written('plain/grey.png', grey))).toBe('picture')
  expect(await kindOfPath(await written('annotations/validation/0001.png', grey))).toBe('labels')
  expect(await kindOfPath(await written('frankfurt_gtFine_labelTrainIds.png', grey))).toBe('labels')
  const colour = await drawn(3).png().toBuffer()
  expect(await kindOfPath(await written('annotations/validation/0002.png', colour))).toBe('picture')
})
