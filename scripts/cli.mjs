#!/usr/bin/env node
// The studio's command line: builds it if its sources have changed (a second, silently), then runs it.
//
//   npm run -s cli -- COMMAND …        or        denseclip-studio COMMAND …
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { newest } from './build.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const program = join(root, 'out/cli/cli.js')
const SOURCES = ['main', 'models', 'package.json', 'package-lock.json', 'scripts/cli.mjs'].map((name) =>
  join(root, name)
)

function isBuilt() {
  const built = statSync(program, { throwIfNoEntry: false })
  return built !== undefined && SOURCES.every((source) => newest(source) <= built.mtimeMs)
}

/** Into a folder of its own first, so that two that start at once do not meet. */
async function build() {
  const { build } = await import('vite')
  mkdirSync(dirname(program), { recursive: true })
  const folder = mkdtempSync(join(root, 'out/.cli-'))
  try {
    await build({
      configFile: false,
      root,
      logLevel: 'silent',
      ssr: { noExternal: true },
      build: {
        ssr: 'main/cli.ts',
        outDir: folder,
        target: 'node20.18',
        rollupOptions: {
          external: ['onnxruntime-node', 'sharp'],
          output: { format: 'es', entryFileNames: 'cli.js', codeSplitting: false }
        }
      }
    })
    renameSync(join(folder, 'cli.js'), program)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

try {
  if (!isBuilt()) await build()
} catch (error) {
  const reason = stripVTControlCharacters(error.message).replace(/\s+/g, ' ').slice(0, 300)
  console.error(`error: the command line cannot be built, run npm ci in ${root} first: ${reason}`)
  process.exit(1)
}

// npm runs scripts in the project's folder; paths on the command line are meant from where the person is
const cwd = (process.env.npm_lifecycle_event === 'cli' && process.env.INIT_CWD) || process.cwd()
// graphics drivers and providers write to stderr what they like: the person's is handed over as another descriptor
const child = spawn(process.execPath, [program, ...process.argv.slice(2)], {
  cwd,
  stdio: ['inherit', 'inherit', 'ignore', 2],
  env: { ...process.env, DENSECLIP_STUDIO_STDERR: '3' }
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => {
  if (signal !== null && signal !== 'SIGINT' && signal !== 'SIGTERM') {
    console.error(`error: the engine ended by ${signal}, perhaps for want of memory: try a smaller picture.`)
  }
  process.exit(code ?? 1)
})
