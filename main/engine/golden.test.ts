import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine, Mode, RunInfo, RunRequest } from '#models/api'
import { openNpy } from '#models/checkpoints/npy'
import { toFloat32, type Tensor } from '#models/tensor'
import { openFile } from '../files'
import { createEngine, type LocalEngine } from './engine'

/*
 * Every DenseCLIP case of ../shared/golden through the engine's own contract, as the window and the command line use it.
 */

const GOLDEN = resolve(import.meta.dirname, '../../../shared/golden')
/** relative L2 error of a whole tensor in float32 */
const TOLERANCE = 1e-4
const WEBGPU_TOLERANCE = 2e-3
/** translating a few hundred shaders takes a quarter of a minute on an idle machine */
const WEBGPU_TIMEOUT_MS = 300_000

interface Case {
  readonly system: string
  readonly checkpoint?: string
  readonly input?: string
  readonly classes: readonly string[]
  readonly sizes?: { readonly original_width?: number; readonly original_height?: number }
  readonly cli?: { readonly mode?: string; readonly window?: string; readonly stride?: string }
  readonly tensors: Readonly<Record<string, { readonly file: string; readonly shape: readonly number[] }>>
}

function readCase(name: string): Case {
  return JSON.parse(readFileSync(join(GOLDEN, name, 'case.json'), 'utf8')) as Case
}

const names = existsSync(GOLDEN)
  ? readdirSync(GOLDEN).filter((name) => {
      const path = join(GOLDEN, name, 'case.json')
      return existsSync(path) && readCase(name).system?.startsWith('denseclip')
    })
  : []

async function readNpy(path: string): Promise<Tensor> {
  const file = await openFile(path)
  try {
    return await (await openNpy(file)).read()
  } finally {
    await file.close()
  }
}

function relativeError(got: Tensor, expected: Tensor): number {
  const a = toFloat32(got).data
  const b = toFloat32(expected).data
  let difference = 0
  let norm = 0
  for (const [i, value] of b.entries()) {
    difference += ((a[i] ?? NaN) - value) ** 2
    norm += value ** 2
  }
  return Math.sqrt(difference / norm)
}

function modeOf({ cli }: Case): Mode {
  if (cli?.mode !== 'slide') return { kind: 'whole' }
  return { kind: 'slide', window: Number(cli.window), stride: Number(cli.stride) }
}

/** Runs a case and holds every tensor of it to the stored one. */
async function check(engine: Engine, name: string, tolerance: number): Promise<RunInfo> {
  const golden = readCase(name)
  const { sizes, classes } = golden
  const model = await engine.openModel({ path: join(GOLDEN, name, golden.checkpoint ?? 'checkpoint.pth') })
  const originalSize =
    sizes?.original_width && sizes.original_height
      ? { width: sizes.original_width, height: sizes.original_height }
      : undefined
  const picture = await engine.openPicture({ path: join(GOLDEN, name, golden.input ?? 'input.npy'), originalSize })
  const request: RunRequest = {
    model: model.id,
    picture: picture.id,
    classes,
    gammaScale: 1,
    mode: modeOf(golden),
    scaling: 'original',
    want: Object.keys(golden.tensors)
  }
  const run = await engine.run(request)
  for (const [tensor, { file, shape }] of Object.entries(golden.tensors)) {
    const got = await engine.tensor({ run: run.id, name: tensor })
    const expected = await readNpy(join(GOLDEN, name, file))
    expect(got.shape, tensor).toEqual(shape)
    if (expected.dtype === 'float32') {
      expect(got.dtype).toBe('float32')
      expect(relativeError(got, expected), tensor).toBeLessThan(tolerance)
    } else {
      expect(got, tensor).toEqual(expected)
    }
  }
  await engine.closePicture({ picture: picture.id })
  await engine.closeModel({ model: model.id })
  return run
}

let folder: string
let engine: LocalEngine
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-golden-'))
  engine = createEngine({ cacheFolder: folder })
})
afterAll(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

describe.skipIf(names.length === 0)('golden DenseCLIP through the engine (needs ../shared)', () => {
  beforeAll(() => engine.useProvider({ provider: 'cpu' }))

  it('finds all the cases', () => {
    expect(names).toEqual(
      expect.arrayContaining(['rn-tiny', 'vit-tiny', 'denseclip-slide', 'denseclip-detection', 'denseclip-rn-odd'])
    )
  })

  it.each(names)('%s', async (name) => {
    await check(engine, name, TOLERANCE)
  })
})

/** A Vulkan driver that computes on the processor comes with every Electron; the loader comes with the system. */
const DRIVER = [
  process.env['ELECTRON_OVERRIDE_DIST_PATH'],
  resolve('node_modules/electron/dist'),
  resolve('node_modules/.cache/electron-runtime')
]
  .map((dist) => dist && join(dist, 'vk_swiftshader_icd.json'))
  .find((path) => path && existsSync(path))
const LOADERS = ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/libvulkan.so.1`)
const hasWebGpu = names.length > 0 && DRIVER !== undefined && LOADERS.some((path) => existsSync(path))

describe.skipIf(!hasWebGpu)('WebGPU in software (needs ../shared, an Electron and libvulkan1)', () => {
  beforeAll(async () => {
    process.env['VK_DRIVER_FILES'] = process.env['VK_ICD_FILENAMES'] = DRIVER
    process.env['XDG_RUNTIME_DIR'] = folder
    await engine.useProvider({ provider: 'webgpu' })
  })

  it(
    'rn-tiny',
    async () => {
      const { stages } = await check(engine, 'rn-tiny', WEBGPU_TOLERANCE)
      expect(new Set(stages.map(({ provider }) => provider))).toEqual(new Set(['webgpu']))
    },
    WEBGPU_TIMEOUT_MS
  )
})
