import { expect, it, vi } from 'vitest'
import type { ExportFile } from '#models/shell'
import { FakeClient, FakeEngine, fakeShell } from '../state/fake-engine'
import { start } from '../state/start.svelte'
import { Studio } from '../state/studio.svelte'
import { saveTensor } from './save-tensor'

async function saved(slide: boolean): Promise<{ files: readonly ExportFile[]; about: unknown }> {
  let files: readonly ExportFile[] = []
  const shell = {
    ...fakeShell(),
    saveExport: async (request: { files: readonly ExportFile[] }) => {
      files = request.files
      return '/x.npy'
    }
  }
  const studio = new Studio(new FakeClient(new FakeEngine()), shell)
  await start(studio)
  await vi.waitFor(() => expect(studio.lead?.decoded).toBe(true))
  if (slide) studio.choose({ modeKind: 'slide' })
  await vi.waitFor(() => expect(studio.lead?.run?.mode.kind).toBe(slide ? 'slide' : 'whole'))
  if (studio.lead) await saveTensor(studio, studio.lead, 'score_map')
  return { files, about: JSON.parse(new TextDecoder().decode(files[1]?.bytes)) }
}

it('leaves as NPY with a JSON that says what it is and where it came from', async () => {
  const { files, about } = await saved(false)
  expect(files.map(({ extension }) => extension)).toEqual(['npy', 'json'])
  expect(about).toMatchObject({
    tensor: 'score_map',
    shape: [1, 5, 4, 4],
    dtype: 'float32',
    checkpoint: { fileName: 'mini-vit.pth', sha256: 'ab'.repeat(32) },
    picture: { fileName: 'day-0.png', sha256: 'cd'.repeat(32) },
    mode: { kind: 'whole' },
    provider: 'cpu'
  })
  expect(about).not.toHaveProperty('window')
})

it('says which window of a sliding run it is of', async () => {
  expect((await saved(true)).about).toMatchObject({
    mode: { kind: 'slide' },
    window: { x: 0, y: 0, width: 64, height: 64 }
  })
})
