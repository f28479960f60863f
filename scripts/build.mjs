// Builds into out/, once for a state of the sources.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const SOURCES = ['main', 'models', 'renderer', 'electron.vite.config.ts', 'package.json', 'package-lock.json']
/** Written last by each of the three builds. */
const OUTPUTS = ['out/main/index.js', 'out/main/engine.js', 'out/preload/preload.cjs', 'out/renderer/index.html']

export const ELECTRON_VITE = 'node_modules/electron-vite/bin/electron-vite.js'

/** The latest change of a file, or of anything in a folder, in milliseconds. */
export function newest(path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  // the folder's own time tells of files taken away
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}

export function isBuilt() {
  if (!OUTPUTS.every(existsSync)) return false
  const oldestOutput = Math.min(...OUTPUTS.map((file) => statSync(file).mtimeMs))
  return SOURCES.filter(existsSync).every((source) => newest(source) <= oldestOutput)
}

/** Builds unless what is built is younger than everything it is built from. */
export function buildIfStale() {
  if (isBuilt()) return
  console.error('Building, since the sources have changed')
  execFileSync(process.execPath, [ELECTRON_VITE, 'build', '--logLevel', 'warn'], { stdio: 'inherit' })
}
