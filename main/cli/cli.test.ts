import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { NearestWords } from '#models/words-api'
import { encodeNpy, openNpy } from '#models/checkpoints/npy'
import { float32Tensor, type Tensor } from '#models/tensor'
import { openFile } from '../files'

const PROGRAM = resolve('scripts/cli.mjs')
const GOLDEN = resolve('../shared/golden')
const SYSTEMS = resolve('../shared/golden-systems')
const HAS_GOLDEN = existsSync(GOLDEN)
/** The bound of the golden data for float32 on a processor. */
const RELATIVE_ERROR = 1e-4

interface GoldenCase {
  system: string
  checkpoint?: string
  input: string
  cli?: Record<string, string>
  tensors: Record<string, { file: string; shape: number[] }>
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'denseclip-cli-'))
})

interface Outcome {
  code: number
  stdout: string
  stderr: string
}

/** Runs the command line as a person would, with data of its own and no display. */
function cli(words: readonly string[], cwd = folder): Promise<Outcome> {
  const env: NodeJS.ProcessEnv = { ...process.env, DENSECLIP_STUDIO_DATA: join(folder, 'data') }
  delete env['DISPLAY']
  delete env['npm_lifecycle_event']
  return new Promise((done) => {
    execFile(process.execPath, [PROGRAM, ...words], { cwd, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr })
    })
  })
}

async function readNpy(path: string): Promise<Tensor> {
  const source = await openFile(path)
  try {
    return await (await openNpy(source)).read()
  } finally {
    await source.close()
  }
}

/** ‖got − expected‖ / ‖expected‖ in double precision. */
function relativeError(got: Tensor, expected: Tensor): number {
  let difference = 0
  let norm = 0
  for (let i = 0; i < expected.data.length; i++) {
    const value = Number(expected.data[i])
    difference += (Number(got.data[i]) - value) ** 2
    norm += value ** 2
  }
  return Math.sqrt(difference / norm)
}

function readCase(place: string): GoldenCase {
  return JSON.parse(readFileSync(join(place, 'case.json'), 'utf8')) as GoldenCase
}

const cases = HAS_GOLDEN
  ? [GOLDEN, SYSTEMS].flatMap((set) =>
      readdirSync(set)
        .filter((name) => name !== 'pictures' && existsSync(join(set, name, 'case.json')))
        .map((name) => [name, join(set, name)] as const)
    )
  : []

describe.skipIf(!HAS_GOLDEN)('tensors of every golden case (needs ../shared)', () => {
  it('finds the cases', () => expect(cases.length).toBeGreaterThanOrEqual(30))

  it.each(cases)('%s', async (name, place) => {
    const golden = readCase(place)
    const out = join(folder, name)
    const options = Object.entries(golden.cli ?? {}).flatMap(([key, value]) => [`--${key}`, value])
    const checkpoint = golden.checkpoint ?? 'checkpoint.pth'
    const outcome = await cli(['tensors', checkpoint, '--input', golden.input, '--out', out, ...options], place)
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' })

    const listed = JSON.parse(await readFile(join(out, 'tensors.json'), 'utf8')) as GoldenCase
    for (const [tensor, { file, shape }] of Object.entries(golden.tensors)) {
      const got = await readNpy(join(out, `${tensor}.npy`))
      const expected = await readNpy(join(place, file))
      const { dtype } = expected
      expect([tensor, got.dtype, got.shape]).toEqual([tensor, dtype, shape])
      expect(listed.tensors[tensor]).toMatchObject({ file: `${tensor}.npy`, shape, dtype })
      const error = relativeError(got, expected)
      expect([tensor, error <= (dtype === 'float32' ? RELATIVE_ERROR : 0), error]).toEqual([tensor, true, error])
    }
  })

  it('writes the tensors that are asked for, and no others', async () => {
    const out = join(folder, 'chosen')
    const name = join(GOLDEN, 'rn-tiny')
    const words = ['--classes', 'sky,bed ', '--tensors', 'token_ids,score_map', '--out', out]
    expect(await cli(['tensors', 'checkpoint.pth', '--input', 'input.npy', ...words], name)).toMatchObject({ code: 0 })
    expect((await readdir(out)).sort()).toEqual(['score_map.npy', 'tensors.json', 'token_ids.npy'])
    expect((await readNpy(join(out, 'score_map.npy'))).shape.slice(0, 2)).toEqual([1, 2])
    const facts = JSON.parse(await readFile(join(out, 'tensors.json'), 'utf8')) as { classes: string[] }
    expect(facts.classes).toEqual(['sky', 'bed '])
  })

  it('writes tensors of one window each for a sliding run', async () => {
    const out = join(folder, 'windows')
    const options = ['--mode', 'slide', '--window', '64', '--stride', '43', '--tensors', 'score_map', '--out', out]
    const place = join(GOLDEN, 'denseclip-slide')
    const words = ['tensors', '../denseclip-rn-published/checkpoint.pth', '--input', 'input.npy', ...options]
    expect(await cli(words, place)).toMatchObject({ code: 0 })
    // two rows of three windows, a cell of the score map for 32 pixels
    expect((await readdir(out)).filter((file) => file.endsWith('.npy'))).toHaveLength(6)
    expect((await readNpy(join(out, 'score_map-window-5.npy'))).shape).toEqual([1, 5, 2, 2])
  })
})

describe.skipIf(!HAS_GOLDEN)('prepare (needs ../shared)', () => {
  it('writes what the published pipeline makes of a picture', async () => {
    const out = join(folder, 'prepared')
    const words = ['prepare', 'wide.png', '--out', out, '--short-side', '64', '--max-long-side', '256']
    expect(await cli(words, join(GOLDEN, 'pictures'))).toEqual({ code: 0, stdout: '', stderr: '' })
    for (const name of ['resized', 'input']) {
      const got = await readNpy(join(out, `${name}.npy`))
      const expected = await readNpy(join(GOLDEN, 'pictures', `wide_${name}.npy`))
      expect([got.dtype, got.shape]).toEqual([expected.dtype, expected.shape])
      expect(relativeError(got, expected)).toBeLessThan(1e-6)
    }
  })
})

describe.skipIf(!HAS_GOLDEN)('inspect (needs ../shared)', () => {
  it('says what a checkpoint is, for people and as JSON', async () => {
    const checkpoint = join(GOLDEN, 'denseclip-rn-published/checkpoint.pth')
    const text = await cli(['inspect', checkpoint])
    expect(text).toMatchObject({ code: 0, stderr: '' })
    expect(text.stdout).toMatch(/^family +denseclip: /m)
    expect(text.stdout).toContain('"bed "')
    const json = await cli(['inspect', checkpoint, '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({
      detection: { system: 'denseclip', missing: [], unexpected: [], classes: readClasses('denseclip-rn-published') }
    })
    expect(JSON.parse(json.stdout)).toMatchObject({ notFinite: 0 })
  })

  it('says how many values are not finite', async () => {
    const { code, stdout } = await cli(['inspect', resolve('../shared/hostile/good-nan-inf.pth')])
    expect(code).toBe(0)
    expect(stdout).toContain('3 values that are not finite')
  })
})

describe.skipIf(!HAS_GOLDEN)('inspect as a doctor (needs ../shared)', () => {
  const vit = (name: string): string => join(SYSTEMS, 'clip-vit', name)

  it('says what was renamed and is resized, what is needed, and where numbers come from', async () => {
    const renamed = await cli(['inspect', vit('checkpoint.safetensors')])
    expect(renamed).toMatchObject({ code: 0, stderr: '' })
    expect(renamed.stdout).toMatch(/vision_model\.embeddings\.patch_embedding\.weight +→ visual\.conv1\.weight/)
    expect(renamed.stdout).toMatch(/visual\.positional_embedding +4 × 4 cells +bilinear +but for pictures of 64 × 64/)
    expect(renamed.stdout).toMatch(/^ {2}heads \* +\d+ +published rule$/m)
    const coop = join(SYSTEMS, 'coop-real', 'model.pth.tar-50')
    expect((await cli(['inspect', coop])).stdout).toMatch(/^needs +clip$/m)
    const complete = await cli(['inspect', coop, '--clip', join(SYSTEMS, 'clip-rn', 'checkpoint.pt')])
    expect(complete.stdout).not.toMatch(/^needs/m)
  })

  it('takes numbers and another system, and refuses a number that cannot be', async () => {
    const config = join(folder, 'heads.json')
    await writeFile(config, '{"heads": 4}')
    const { stdout } = await cli(['inspect', vit('checkpoint.pt'), '--config', config, '--as', 'maskclip'])
    expect(stdout).toMatch(/^family +maskclip/m)
    expect(stdout).toMatch(/heads \* +4 +user, otherwise \d+ \(published rule\)/)
    await writeFile(config, '{"heads": 7}')
    const refused = await cli(['inspect', vit('checkpoint.pt'), '--config', config])
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/^error: checkpoint\.pt: heads is 7, which does not divide/)
  })

  it('says what the values of each tensor are like', async () => {
    const file = resolve('../shared/hostile/good-nan-inf.pth')
    const { stdout } = await cli(['inspect', file, '--weights'])
    expect(stdout).toMatch(/^ {2}tensor +min +max +mean +std +NaN +±inf +min to max$/m)
    const json = await cli(['inspect', file, '--weights', '--json'])
    const { weights } = JSON.parse(json.stdout) as { weights: { nan: number }[] }
    expect(weights.some(({ nan }) => nan > 0)).toBe(true)
  })

  it('says what differs from another checkpoint', async () => {
    const words = ['inspect', vit('checkpoint.pt'), '--compare', vit('checkpoint.safetensors')]
    const text = await cli(words)
    expect(text).toMatchObject({ code: 0, stderr: '' })
    expect(text.stdout).toMatch(/^names +of the family clip$/m)
    expect(text.stdout).toMatch(/^keys +74 same$/m)
    const json = await cli([...words, '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ family: 'clip' })
    expect((await cli([...words, '--weights'])).stderr).toMatch(/cannot be used with/)
  })
})

describe.skipIf(!HAS_GOLDEN)('words (needs ../shared)', () => {
  const coop = (name: string): string[] => ['words', join(SYSTEMS, name, 'model.pth.tar-50')]
  const clip = ['--clip', join(SYSTEMS, 'clip-rn', 'checkpoint.pt')]

  it('says which words each learned context is near, for people and as JSON', async () => {
    const text = await cli([...coop('coop-real'), ...clip, '--count', '2'])
    expect(text).toMatchObject({ code: 0, stderr: '' })
    expect(text.stdout).toMatch(/^Euclidean distance to 49406 words/)
    expect(text.stdout).toMatch(/^v3 +circus 1\.5969 +warmest 1\.6407 +0\.661$/m)
    const json = await cli([...coop('clip-rn-coop-specific-middle'), ...clip, '--class', '5', '--count', '1', '--json'])
    const { contexts } = JSON.parse(json.stdout) as NearestWords
    expect(contexts.map(({ classIndex, index }) => [classIndex, index])).toEqual(
      [0, 1, 2, 3].map((index) => [4, index])
    )
    expect(contexts[0]?.nearest).toMatchObject([{ text: 'die', endsWord: true }])
  })

  it('takes the contexts that CoCoOp makes of a picture', async () => {
    const words = [...coop('clip-rn-cocoop'), ...clip, '--count', '1']
    const learned = await cli(words)
    const ofPicture = await cli([...words, '--input', join(SYSTEMS, 'clip-rn', 'input.npy')])
    expect(ofPicture).toMatchObject({ code: 0, stderr: '' })
    expect(ofPicture.stdout).not.toBe(learned.stdout)
  })
})

function readClasses(name: string): unknown {
  return (JSON.parse(readFileSync(join(GOLDEN, name, 'case.json'), 'utf8')) as { classes: unknown }).classes
}

describe('a mistake', () => {
  /** Ends with another status than 0 and one line on stderr, and nothing else. */
  async function expectRefusal(words: readonly string[], reason: RegExp): Promise<void> {
    const { code, stdout, stderr } = await cli(words)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^error: [^\n]+\n$/)
    expect(stderr).toMatch(reason)
  }
  const checkpoint = join(GOLDEN, 'rn-tiny/checkpoint.pth')
  const tensors = (...words: string[]): string[] => [
    'tensors',
    checkpoint,
    '--input',
    join(GOLDEN, 'rn-tiny/input.npy'),
    '--out',
    join(folder, 'refused'),
    ...words
  ]

  it('is told in one line', async () => {
    await expectRefusal(['paint'], /unknown command/)
    await expectRefusal(['inspect'], /missing required argument/)
    await expectRefusal(['inspect', 'nowhere.pth'], /^error: nowhere\.pth: there is no such file\./)
    await expectRefusal(['prepare', 'nowhere.png', '--out', 'x'], /^error: nowhere\.png: there is no such file\./)
    await expectRefusal(['prepare', 'a.png', '--out', 'x', '--short-side', '1.5'], /whole number/)
    await writeFile(join(folder, 'page.pth'), '<!doctype html><title>Not found</title>')
    await expectRefusal(['inspect', 'page.pth'], /^error: page\.pth: .*web page/)
  })

  it.skipIf(!HAS_GOLDEN).each<[string, () => string[], RegExp]>([
    ['an unknown tensor', () => tensors('--tensors', 'score_map,x9'), /no tensor “x9”; it gives x1, /],
    ['a name that is too long', () => tensors('--classes', 'sky,a street with a red car'), /takes 6 tokens.* 3/],
    ['a missing list', () => tensors('--classes', '@nowhere.txt'), /nowhere\.txt: it cannot be read/],
    ['a window without slide', () => tensors('--window', '64'), /--mode slide/],
    // those that fail in native code write to stderr themselves
    ['a provider that is not there', () => tensors('--provider', 'coreml'), /coreml/i],
    ['a provider without its library', () => tensors('--provider', 'cuda'), /cuda/i],
    [
      'words of a model without its CLIP',
      () => ['words', join(SYSTEMS, 'coop-real', 'model.pth.tar-50')],
      /give the CLIP/
    ],
    ['sizes that are none', () => tensors('--original-size', '12'), /height x width/]
  ])('is told in one line: %s (needs ../shared)', async (_, words, reason) => expectRefusal(words(), reason))

  it.skipIf(!HAS_GOLDEN)('is told in one line: an input of another shape (needs ../shared)', async () => {
    await writeFile(join(folder, 'flat.npy'), encodeNpy(float32Tensor([3, 8, 8])))
    await expectRefusal(['tensors', checkpoint, '--input', 'flat.npy', '--out', 'x'], /flat\.npy.*\[3, 8, 8\]/)
  })

  it.skipIf(!HAS_GOLDEN)('leaves nothing behind (needs ../shared)', async () => {
    await cli(tensors('--tensors', 'x9'))
    expect(existsSync(join(folder, 'refused'))).toBe(false)
  })
})

describe('help', () => {
  it.each([[[]], [['inspect']], [['prepare']], [['tensors']], [['words']]])('of %s', async (words) => {
    const { code, stdout, stderr } = await cli([...words, '--help'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`Usage: denseclip-studio ${words.join('')}`)
  })
})
