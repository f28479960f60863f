#!/usr/bin/env node
// Opens the studio from its sources: brings what the system lacks, builds if needed, finds an Electron, runs it.
//
//   node scripts/start.mjs [--dev] [FILES …]
//
// --dev reloads the window while the sources change.
import { spawn } from 'node:child_process'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildIfStale, ELECTRON_VITE } from './build.mjs'
import { chromiumArguments, hasDisplay } from './display.mjs'
import { electronRuntime } from './electron-runtime.mjs'
import { ensureSystemPackages } from './system-packages.mjs'

function start(words) {
  if (!hasDisplay()) {
    throw new Error(
      'There is no display: run this in a desktop session, or on a virtual one with `xvfb-run -a npm start`.'
    )
  }
  ensureSystemPackages({ tests: false })
  const dev = words.includes('--dev')
  // relative to where the person is, before this moves to the project
  const files = words.filter((word) => word !== '--dev').map((word) => (word.startsWith('-') ? word : resolve(word)))
  process.chdir(dirname(dirname(fileURLToPath(import.meta.url))))

  const electron = electronRuntime()
  const chromium = chromiumArguments()
  if (chromium.includes('--no-sandbox')) {
    console.error('Chromium’s own sandbox cannot work here (root, or no user namespaces): starting without it.')
  }
  const env = {
    ...process.env,
    // the first is read by the electron package, the second by electron-vite
    ELECTRON_OVERRIDE_DIST_PATH: electron.folder,
    ELECTRON_EXEC_PATH: electron.binary
  }
  delete env.ELECTRON_RUN_AS_NODE
  if (dev) return run(process.execPath, [ELECTRON_VITE, 'dev', '--watch', '--', ...chromium, ...files], env)
  buildIfStale()
  return run(electron.binary, [...chromium, '.', ...files], env)
}

/** Runs it in the foreground and ends as it ends. */
function run(program, words, env) {
  const child = spawn(program, words, { stdio: 'inherit', env })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('error', fail)
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1)))
}

function fail(error) {
  console.error(error.message)
  process.exit(1)
}

try {
  start(process.argv.slice(2))
} catch (error) {
  fail(error)
}
