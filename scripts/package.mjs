#!/usr/bin/env node
// Makes the folder of the app for this system (dist/…-unpacked), starts it once from there, and looks at it: its
// fuses, its engine, its samples.
//
//   node scripts/package.mjs
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { chromium } from '@playwright/test'
import { build, Platform } from 'electron-builder'
import { buildIfStale } from './build.mjs'
import { chromiumArguments, hasDisplay, startVirtualDisplay } from './display.mjs'
import { electronRuntime } from './electron-runtime.mjs'
import { ensureSystemPackages } from './system-packages.mjs'

const START_LIMIT_MS = 60_000
const FUSE_OFF = '0'.charCodeAt(0)

/** Runs electron-builder; the paths of what it made. */
async function makePackage() {
  const electron = electronRuntime()
  if (electron.source === 'the npm fallback') {
    console.error(`Packing Electron ${electron.version} out of an npm package of others: to try, never to ship.`)
  }
  await build({
    targets: Platform.current().createTarget('dir'),
    config: { extends: 'electron-builder.yml', electronDist: electron.folder, electronVersion: electron.version },
    publish: 'never'
  })
}

function packagedBinary() {
  const folder = readdirSync('dist').find((name) => /^(linux|win|mac)(-\w+)?(-unpacked)?$/.test(name))
  if (!folder) throw new Error('electron-builder left no folder in dist')
  const name = { darwin: 'DenseCLIP Studio.app/Contents/MacOS/DenseCLIP Studio', win32: 'DenseCLIP Studio.exe' }
  return join('dist', folder, name[process.platform] ?? 'denseclip-studio')
}

async function checkFuses(binary) {
  const wire = await getCurrentFuseWire(binary)
  const mustBeOff = [
    FuseV1Options.RunAsNode,
    FuseV1Options.EnableNodeOptionsEnvironmentVariable,
    FuseV1Options.EnableNodeCliInspectArguments,
    FuseV1Options.GrantFileProtocolExtraPrivileges
  ]
  const on = mustBeOff.filter((fuse) => wire[fuse] !== FUSE_OFF).map((fuse) => FuseV1Options[fuse])
  if (on.length > 0) throw new Error(`These fuses should be off: ${on.join(', ')}`)
}

/** The address for debugging that Chromium writes to its standard error. */
function debuggerAddress(child) {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stderr.on('data', (bytes) => {
      text += bytes
      const address = /DevTools listening on (ws:\S+)/.exec(text)?.[1]
      if (address) resolve(address)
    })
    child.on('exit', (code) => reject(new Error(`The packaged app ended with status ${code}:\n${text}`)))
    setTimeout(() => reject(new Error(`The packaged app did not start:\n${text}`)), START_LIMIT_MS).unref()
  })
}

async function startOnce(binary) {
  const display = hasDisplay() ? undefined : await startVirtualDisplay()
  const dataFolder = mkdtempSync(join(tmpdir(), 'denseclip-studio-package-'))
  const child = spawn(binary, [...chromiumArguments(), '--remote-debugging-port=0'], {
    env: { ...process.env, DENSECLIP_STUDIO_DATA: dataFolder, ...(display && { DISPLAY: display.display }) },
    stdio: ['ignore', 'ignore', 'pipe']
  })
  try {
    const browser = await chromium.connectOverCDP(await debuggerAddress(child))
    const context = browser.contexts()[0]
    const page = context.pages()[0] ?? (await context.waitForEvent('page'))
    // the map of the sample: the runtime, the decoder of pictures, the vocabulary and the samples are all there
    await page.locator('body[data-ready]').waitFor({ timeout: START_LIMIT_MS })
    const png = await page.evaluate(() =>
      window.shell.rasterize({ svg: '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>', width: 8 })
    )
    if (!png) throw new Error('The packaged app draws no figures.')
    await browser.close()
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill()
    await ended
    display?.stop()
    rmSync(dataFolder, { recursive: true, force: true })
  }
}

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))))
try {
  ensureSystemPackages({ tests: true })
  buildIfStale()
  await makePackage()
  const binary = packagedBinary()
  await checkFuses(binary)
  await startOnce(binary)
  console.log(`${binary} starts, and shows the sample.`)
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
