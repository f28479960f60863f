import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writePicture } from './files'
import { Layout } from './layout'
import type { MemoryCourse } from './memory-process'
import { writeCheckpoint } from './write-checkpoint'

/*
 * The bound of docs/benchmarks.md on models of some 25 MB, in a process of its own: four of them, then one of them many
 * times over. The C library's allocator keeps large blocks unless it is told not to, as Chromium's does by itself.
 */

const ALLOCATOR = { MALLOC_MMAP_THRESHOLD_: String(2 ** 16), MALLOC_TRIM_THRESHOLD_: String(2 ** 17) }
/** What a process needs once for its first models, and for any number: the runtime's code, tokenizer, threads. */
const OVERHEAD = 80e6
const REOPENED = 6

const root = join(import.meta.dirname, '..')
// below the project, so that the program finds the packages
const programs = join(root, 'out', `memory-test-${process.pid}`)
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'denseclip-studio-memory-'))
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    build: {
      ssr: true,
      outDir: programs,
      rollupOptions: { input: 'bench/memory-process.ts', output: { format: 'es', entryFileNames: '[name].js' } }
    }
  })
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await rm(programs, { recursive: true, force: true })
})

/** CLIP with a small ResNet, most of it weights that are loaded. */
async function writeClip(path: string, joint: number): Promise<void> {
  const to = new Layout()
  to.clipResNet('visual', { width: 24, blocks: [2, 2, 2, 2], joint, side: 224 })
  to.clipText('', { width: 64, joint, tokens: 77 })
  to.add('logit_scale', [], 0, Math.log(100))
  await writeCheckpoint(path, { tensors: to.tensors })
}

describe.skipIf(process.platform !== 'linux')('memory of open models (needs Linux)', () => {
  it('stays below the files and a quarter, and is given back when they are closed', async () => {
    const paths = [512, 513, 514, 515].map((joint) => join(folder, `clip-${joint}.pt`))
    for (const [index, path] of paths.entries()) await writeClip(path, 512 + index)
    await mkdir(join(folder, 'pictures'))
    const picture = await writePicture(join(folder, 'pictures'), 640, 480, 0)
    const words = ['--expose-gc', join(programs, 'memory-process.js'), join(folder, 'cache'), picture.path]
    const output = execFileSync(process.execPath, [...words, String(REOPENED), ...paths], {
      env: { ...process.env, ...ALLOCATOR },
      encoding: 'utf8'
    })
    const { before, models, again, closed, reopened, descriptors } = JSON.parse(output) as MemoryCourse
    const files = models.reduce((sum, { fileBytes }) => sum + fileBytes, 0)
    const [first] = models
    if (!first) throw new Error('no model was opened')
    expect(again.bytes - before.bytes).toBeLessThan(1.25 * files + OVERHEAD)
    expect(closed.bytes - before.bytes).toBeLessThan(OVERHEAD)
    expect(reopened.bytes - closed.bytes).toBeLessThan(first.fileBytes / 2)
    expect(descriptors[1]).toBe(descriptors[0])
  })
})
