#!/usr/bin/env node
// Measures the studio beside PyTorch, and its window in a real Electron: npm run bench -- --help
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { buildIfStale } from './build.mjs'
import { hasDisplay, startVirtualDisplay } from './display.mjs'
import { ensureSystemPackages } from './system-packages.mjs'

const USAGE = `usage: npm run bench -- [--rounds N] [rn50] [vit-b-16] [memory] [window]

rn50, vit-b-16   the engine on a checkpoint of that published size with random weights, stage by stage, alternating with
                 PyTorch where python3 has it (Debian: python3-torch python3-numpy libopenblas0-pthread)
memory           what four models of published sizes take when they are open at once
window           start, class switch and the editing of a name in the real window
--rounds N       how often each is measured (7); medians are printed

Without names: rn50 window.`

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'out/bench')

async function bundle() {
  const { build } = await import('vite')
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    // a CommonJS package whose names Electron's Node does not find
    ssr: { noExternal: ['fflate'] },
    build: {
      ssr: true,
      outDir: folder,
      emptyOutDir: true,
      target: 'node20.18',
      rollupOptions: {
        input: {
          models: 'bench/models.ts',
          'several-models': 'bench/several-models.ts',
          window: 'bench/window/window.ts',
          // programs of their own
          'open-process': 'bench/open-process.ts',
          'memory-process': 'bench/memory-process.ts'
        },
        output: { format: 'es', entryFileNames: '[name].js' }
      }
    }
  })
}

const load = (name) => import(pathToFileURL(join(folder, `${name}.js`)).href)

async function measure(names, rounds) {
  const { MODELS, measureModel } = await load('models')
  const unknown = names.filter((name) => !['memory', 'window'].includes(name) && !(name in MODELS))
  if (unknown.length > 0) throw new Error(`There is nothing named ${unknown.join(', ')} to measure.\n\n${USAGE}`)
  for (const name of names.filter((name) => name in MODELS)) await measureModel(MODELS[name](), rounds)
  if (names.includes('memory')) await (await load('several-models')).measureSeveralModels()
  if (!names.includes('window')) return

  ensureSystemPackages({ tests: true })
  buildIfStale()
  const display = hasDisplay() ? undefined : await startVirtualDisplay()
  if (display) process.env.DISPLAY = display.display
  try {
    await (await load('window')).measureWindow(rounds)
  } finally {
    display?.stop()
  }
}

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, help: { type: 'boolean', default: false } },
  allowPositionals: true
})
const rounds = Number(values.rounds)
try {
  if (values.help) console.log(USAGE)
  else if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds takes a number from 1 on.\n\n${USAGE}`)
  else {
    process.chdir(root)
    await bundle()
    await measure(positionals.length > 0 ? positionals : ['rn50', 'window'], rounds)
  }
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
