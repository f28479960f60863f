import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FileHashes } from './file-hash'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hash-'))
  path = join(folder, 'model.pth')
})
afterEach(() => rm(folder, { recursive: true }))

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Shares that reading told: none where the hash was remembered. */
async function hash(hashes: FileHashes): Promise<{ hash: string; shares: number[] }> {
  const shares: number[] = []
  return { hash: await hashes.hashOf(path, { onShare: (share) => shares.push(share) }), shares }
}

it('reads a file once, also for another process, until it changes', async () => {
  await writeFile(path, 'weights')
  const hashes = new FileHashes(join(folder, 'memo'))
  expect(await hash(hashes)).toEqual({ hash: sha256('weights'), shares: [1] })
  expect(await hash(new FileHashes(join(folder, 'memo')))).toEqual({ hash: sha256('weights'), shares: [] })
  // the same size, and the time set back: the inode's own time still tells
  await writeFile(path, 'WEIGHTS')
  await utimes(path, 0, 0)
  expect(await hash(hashes)).toEqual({ hash: sha256('WEIGHTS'), shares: [1] })
})

it('reads again where the memo is damaged', async () => {
  await writeFile(path, 'weights')
  const hashes = new FileHashes(join(folder, 'memo'))
  await hash(hashes)
  const [memo = ''] = await readdir(join(folder, 'memo'))
  await writeFile(join(folder, 'memo', memo), '{"state":')
  expect(await hash(hashes)).toEqual({ hash: sha256('weights'), shares: [1] })
})

it('works where nothing can be remembered', async () => {
  await writeFile(path, 'weights')
  // a file stands where the folder should be
  expect((await hash(new FileHashes(path))).hash).toBe(sha256('weights'))
})

it('names a file that is not there, and stops when cancelled', async () => {
  const hashes = new FileHashes(join(folder, 'memo'))
  await expect(hashes.hashOf(path)).rejects.toMatchObject({ code: 'unreadable', file: 'model.pth' })
  await writeFile(path, 'weights')
  await expect(hashes.hashOf(path, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' })
})
