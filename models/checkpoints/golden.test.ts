import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openFile } from '../../main/files'
import { elementCount } from '../tensor'
import { readCheckpoint } from './index'

const SHARED = join(import.meta.dirname, '../../../shared')
const FOLDERS = ['golden', 'golden-systems', 'sample-models'].map((name) => join(SHARED, name)).filter(existsSync)

const checkpoints = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(pth|pt|safetensors|tar-50)$/.test(name))
    .map((name) => join(folder, name))
)

describe.skipIf(checkpoints.length === 0)('golden checkpoints (needs ../shared)', () => {
  test.each(checkpoints)('%s: every tensor is read in its shape', async (path) => {
    const file = await openFile(path)
    try {
      const t = performance.now()
      const checkpoint = await readCheckpoint(file)
      const opened = performance.now() - t
      for (const tensor of checkpoint.stateDict.values()) {
        const read = await tensor.read()
        expect(read.data.length).toBe(elementCount(tensor.shape))
      }
      console.log(
        path.slice(30),
        opened.toFixed(1),
        checkpoint.format,
        checkpoint.container,
        checkpoint.stateDict.size,
        [...checkpoint.others.keys()],
        [...checkpoint.extras.keys()],
        checkpoint.notes
      )
    } finally {
      await file.close()
    }
  })
})
