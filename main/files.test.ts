import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openFile } from './files'

describe('files that are read by position', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'files-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('gives exactly the bytes asked for, in a buffer of their own', async () => {
    const path = join(folder, 'a b №.bin')
    writeFileSync(
      path,
      Uint8Array.from({ length: 1000 }, (_, i) => i)
    )
    const file = await openFile(path)
    expect(file.name).toBe('a b №.bin')
    expect(file.size).toBe(1000)
    const bytes = await file.read(7, 10)
    expect([...bytes]).toEqual([7, 8, 9])
    expect(bytes.buffer.byteLength).toBe(3)
    expect(bytes.byteOffset).toBe(0)
    expect((await file.read(5, 5)).length).toBe(0)
    await file.close()
  })

  test('says truncated behind the end, and where the file became shorter', async () => {
    const path = join(folder, 'short.bin')
    writeFileSync(path, new Uint8Array(100))
    const file = await openFile(path)
    await expect(file.read(90, 101)).rejects.toMatchObject({ code: 'truncated', file: 'short.bin' })
    truncateSync(path, 50)
    await expect(file.read(40, 60)).rejects.toMatchObject({ code: 'truncated' })
    await file.close()
  })

  test('says why a file can’t be opened', async () => {
    mkdirSync(join(folder, 'inner'))
    await expect(openFile(join(folder, 'none.pth'))).rejects.toMatchObject({
      code: 'unreadable',
      message: 'none.pth: there is no such file. Check that it is there and that you may read it.'
    })
    await expect(openFile(join(folder, 'inner'))).rejects.toMatchObject({ code: 'unreadable', file: 'inner' })
  })

  test.skipIf(process.platform === 'win32')('does not wait for a pipe', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')])
    await expect(openFile(join(folder, 'pipe'))).rejects.toMatchObject({ code: 'unreadable' })
  })
})
