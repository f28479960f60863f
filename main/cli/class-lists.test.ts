import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'

const SAMPLES = resolve('resources/samples')
const CHECKPOINT = join(SAMPLES, 'checkpoints/denseclip-mini-rn.pth')

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'denseclip-class-lists-'))
})

function cli(...words: string[]): Promise<{ code: number; stderr: string; stdout: string }> {
  const env = { ...process.env, DENSECLIP_STUDIO_DATA: join(folder, 'data') }
  return new Promise((done) => {
    execFile(process.execPath, [resolve('scripts/cli.mjs'), ...words], { env }, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code ?? -1) : 0, stderr, stdout })
    })
  })
}

const tensors = (out: string, classes: string) =>
  cli('tensors', CHECKPOINT, '--input', join(SAMPLES, 'images/day/day-0.png'), '--out', out, '--classes', classes)

describe('any class list', () => {
  it('gives what takes it, and says what is left out', async () => {
    const out = join(folder, 'short')
    expect(await tensors(out, 'road,a red car')).toMatchObject({ code: 0, stderr: '' })
    const files = await readdir(out)
    expect(files).toContain('score_map.npy')
    expect(files).toContain('decoder_cross_attention.npy')
    expect(files).not.toContain('seg_logits.npy')
    expect(JSON.parse(await readFile(join(out, 'tensors.json'), 'utf8'))).toMatchObject({
      classes: ['road', 'a red car'],
      leftOut: {
        tensors: ['p1', 'p2', 'p3', 'p4', 'seg_logits_low', 'seg_logits'],
        reason: expect.stringContaining('11 classes') as unknown
      }
    })
  })

  it('has no empty names', async () => {
    const { code, stderr } = await tensors(join(folder, 'gap'), 'road,,car')
    expect(code).toBe(1)
    expect(stderr).toBe('error: Name 2 of 3 is empty: take out the comma or line too many.\n')
  })
})

describe('inspect', () => {
  it('says where nothing is missing and nothing unexpected', async () => {
    const { stdout } = await cli('inspect', CHECKPOINT)
    expect(stdout).toMatch(/^missing \(0\)\n {2}none$/m)
    expect(stdout).toMatch(/^unexpected \(0\)\n {2}none$/m)
  })
})
