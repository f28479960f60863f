import { mkdtemp, stat, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeFolder, writeOutput } from './output'

const folder = (): Promise<string> => mkdtemp(join(tmpdir(), 'denseclip-output-'))

describe('the folder that is written to', () => {
  it('is made with those above it, and may be there already', async () => {
    const path = join(await folder(), 'a/b/c')
    await makeFolder(path)
    await makeFolder(path)
    expect((await stat(path)).isDirectory()).toBe(true)
  })

  it('is refused with what is in the way and what to do', async () => {
    const file = join(await folder(), 'file')
    await writeFile(file, '')
    await expect(makeFolder(file)).rejects.toThrow(`${file}: it cannot be written: it is a file, not a folder.`)
    await expect(makeFolder(join(file, 'below'))).rejects.toThrow(/a part of it is a file, .*Choose another folder\.$/)
    await expect(writeOutput(join(file, 'below'), 'x.npy', '')).rejects.toThrow(/x\.npy: it cannot be written/)
  })

  it.skipIf(!existsSync('/proc/self'))(
    'is refused, and not tried for ever, where none can be made (needs /proc)',
    async () => {
      await expect(makeFolder('/proc/nowhere/below')).rejects.toThrow(/^\/proc\/nowhere: it cannot be written: /)
    }
  )
})
