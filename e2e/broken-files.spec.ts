import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Locator } from '@playwright/test'
import { plot, settled, title } from './golden'
import { expect, test, type Studio } from './studio'

/* Files that are broken, and files that were made to harm: each is refused with its reason, and work goes on. */

const HOSTILE = resolve('../shared/hostile')
test.skip(!existsSync(HOSTILE), 'needs ../shared/hostile')

interface Case {
  readonly file: string
  readonly reasons: readonly string[]
}
const cases = (): readonly Case[] =>
  (JSON.parse(readFileSync(join(HOSTILE, 'manifest.json'), 'utf8')) as { cases: readonly Case[] }).cases

/** What a person reads of each, besides the name of the file. */
const CHECKPOINTS: Readonly<Record<string, RegExp>> = {
  'empty-file.pth': /empty/,
  'html-error-page.pth': /web page/,
  'git-lfs-pointer.pth': /Git LFS/,
  'zip-truncated.pth': /archive/,
  'zip-encrypted.pth': /encrypted/,
  'zip-bomb-1gib.pth': /inflate|unpack|large|deflate/i,
  'nested-zip.pth': /zip/,
  'sevenzip-archive.pth': /7z/,
  'tar-pickle-system.pth': /tar|system/,
  'pickle-reduce-posix-system.pth': /posix\.system/,
  'pickle-stack-global-subprocess.pth': /subprocess/,
  'torchscript-data-system.pt': /system/,
  'legacy-truncated-storage.pth': /ends/,
  'tensor-offset-past-end.pth': /storage/,
  'storage-missing.pth': /data\/77/,
  'bad-json.safetensors': /header|JSON/,
  'overlap.safetensors': /overlap|share/,
  'external-data-traversal.onnx': /passwd|folder/
}
const PICTURES: Readonly<Record<string, RegExp>> = {
  'truncated.jpg': /ends/,
  'bad-idat-crc.png': /damaged|corrupt|broken|CRC/i,
  'header-says-65535.png': /65[ ,  ]?535|large|ends/
}

/** The studio is as it was before the file came: the same map, read by the same engine. */
async function goesOn(studio: Studio): Promise<void> {
  await expect(title(studio)).toHaveText('car · score_map')
  await studio.page.mouse.move(2, 2)
  await plot(studio).hover({ position: { x: 200, y: 200 } })
  await expect(studio.page.getByTestId('probe')).toContainText(/[+−]0\.\d{3}/)
}

async function refused(error: Locator, file: string, reads: RegExp): Promise<void> {
  await expect(error).toContainText(file)
  await expect(error).toContainText(reads)
  const { reasons = [] } = cases().find((one) => one.file === file) ?? {}
  expect(reasons, file).toContain(await error.getAttribute('data-code'))
}

test('checkpoints', async ({ studio }) => {
  test.slow()
  await studio.ready()
  await settled(studio)
  const { page } = studio
  const engine = await studio.engineProcessId()
  const error = page.getByTestId('model-error')
  for (const [file, reads] of Object.entries(CHECKPOINTS)) {
    await test.step(file, async () => {
      await studio.openPaths([join(HOSTILE, file)])
      await refused(error, file, reads)
      await expect(page.getByTestId('model-card')).toContainText('denseclip-mini-vit.pth')
    })
  }
  await goesOn(studio)
  expect(await studio.engineProcessId()).toBe(engine)
  // what their payloads would have left behind
  for (const folder of ['.', tmpdir(), HOSTILE]) expect(existsSync(join(folder, 'PWNED')), folder).toBe(false)

  await studio.openPaths(['resources/samples/checkpoints/denseclip-mini-rn.pth'])
  await expect(page.getByTestId('model-card')).toContainText('denseclip-mini-rn.pth')
  await expect(error).toHaveCount(0)
  await settled(studio)
  await goesOn(studio)
})

test('pictures, labels, and what is neither', async ({ studio, dataFolder }) => {
  await studio.ready()
  await settled(studio)
  const { page } = studio
  const error = page.getByTestId('picture-error')
  for (const [file, reads] of Object.entries(PICTURES)) {
    await test.step(file, async () => {
      await studio.openPaths([join(HOSTILE, file)])
      await refused(error, file, reads)
      await expect(page.getByTestId('pictures')).toContainText('day-0.png')
    })
  }
  await error.getByRole('button', { name: 'Dismiss' }).click()
  await expect(error).toHaveCount(0)

  await test.step('a text under the name of a picture', async () => {
    const path = join(dataFolder, 'notes.png')
    await writeFile(path, 'buy milk')
    await studio.openPaths([path])
    await expect(error).toContainText('notes.png')
  })
  await test.step('a photograph as labels', async () => {
    await studio.chooseInDialogs([join(HOSTILE, 'good-16bit-rgb.png')])
    await studio.chooseInMenu('open-labels')
    await expect(page.getByTestId('labels-error')).toContainText('good-16bit-rgb.png')
    await expect(page.getByTestId('pictures')).toContainText('day-0.png')
  })
  await test.step('a folder, and a file of another kind', async () => {
    const folder = join(dataFolder, 'frames')
    await mkdir(folder)
    const text = join(dataFolder, 'todo.txt')
    await writeFile(text, 'buy milk')
    await studio.openPaths([folder, text])
    await expect(page.getByTestId('toast').filter({ hasText: 'frames' })).toContainText('folder')
    await expect(page.getByTestId('toast').filter({ hasText: 'todo.txt' })).toContainText('neither a checkpoint')
  })
  await goesOn(studio)

  await studio.openPaths([join(HOSTILE, 'good-cmyk.jpg')])
  await expect(page.getByTestId('pictures')).toContainText('good-cmyk.jpg')
  await expect(error).toHaveCount(0)
  await settled(studio)
  await goesOn(studio)
})
