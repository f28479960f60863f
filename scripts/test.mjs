#!/usr/bin/env node
// Runs every check in order: lint, types, unit and golden tests, build, end-to-end tests in a real Electron.
//
//   node scripts/test.mjs                everything
//   node scripts/test.mjs e2e [WORDS …]  the end-to-end tests alone; the words go to Playwright
//
// Brings what the system lacks, and a virtual display where there is none. The last line counts the tests as the two
// test runners report them; the exit status is 0 only if every step passed.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildIfStale } from './build.mjs'
import { hasDisplay, startVirtualDisplay } from './display.mjs'
import { electronRuntime } from './electron-runtime.mjs'
import { ensureSystemPackages } from './system-packages.mjs'

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))))
const reports = mkdtempSync(join(tmpdir(), 'denseclip-studio-tests-'))
const children = new Set()

/** Runs a program in the foreground; true if it ended with status 0. */
function succeeds(program, words, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, words, { stdio: 'inherit', env: { ...process.env, ...env } })
    children.add(child)
    child.on('error', (error) => {
      console.error(error.message)
      resolve(false)
    })
    child.on('exit', (code) => {
      children.delete(child)
      resolve(code === 0)
    })
  })
}

const npmRun = (script) =>
  process.platform === 'win32'
    ? succeeds('cmd', ['/c', 'npm', 'run', '--silent', script])
    : succeeds('npm', ['run', '--silent', script])

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined // the runner ended before it could write one; its status says so
  }
}

/** Counts of a Vitest JSON report. A file that could not be loaded counts as one failure: none of its tests ran. */
function countsOfVitest(report) {
  if (!report) return { passed: 0, failed: 1, skipped: 0 }
  const broken = report.testResults.filter(({ status, assertionResults }) => {
    return status === 'failed' && assertionResults.every((test) => test.status !== 'failed')
  })
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests
  }
}

/** Counts of a Playwright JSON report; `errors` are files that could not be loaded. */
function countsOfPlaywright(report) {
  if (!report) return { passed: 0, failed: 1, skipped: 0 }
  const { expected, flaky, unexpected, skipped } = report.stats
  return { passed: expected + flaky, failed: unexpected + report.errors.length, skipped }
}

async function unit() {
  const file = join(reports, 'vitest.json')
  const passed = await succeeds(process.execPath, [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`
  ])
  return { passed, counts: countsOfVitest(readReport(file)) }
}

async function e2e(electron, words) {
  const file = join(reports, 'playwright.json')
  const display = hasDisplay() ? undefined : await startVirtualDisplay()
  try {
    const passed = await succeeds(
      process.execPath,
      ['node_modules/@playwright/test/cli.js', 'test', '--reporter=list,json', ...words],
      {
        PLAYWRIGHT_JSON_OUTPUT_FILE: file,
        ELECTRON_OVERRIDE_DIST_PATH: electron.folder,
        ...(display && { DISPLAY: display.display })
      }
    )
    return { passed, counts: countsOfPlaywright(readReport(file)) }
  } finally {
    display?.stop()
  }
}

async function check(words) {
  ensureSystemPackages({ tests: true })
  const electron = electronRuntime()
  console.log(`Electron ${electron.version} from ${electron.source} (${electron.binary})`)

  const onlyE2e = words[0] === 'e2e'
  if (!onlyE2e && words.length > 0) throw new Error('usage: node scripts/test.mjs [e2e [Playwright’s words]]')
  if (onlyE2e) buildIfStale()
  const steps = onlyE2e
    ? { e2e: () => e2e(electron, words.slice(1)) }
    : {
        lint: async () => ({ passed: await npmRun('lint') }),
        types: async () => ({ passed: await npmRun('types') }),
        unit,
        build: async () => ({ passed: await npmRun('build') }),
        e2e: () => e2e(electron, [])
      }

  const summary = []
  for (const [name, step] of Object.entries(steps)) {
    console.log(`\n── ${name}`)
    const started = performance.now()
    const result = await step()
    summary.push({ name, ...result, seconds: Math.round((performance.now() - started) / 1000) })
  }

  console.log(`\nElectron ${electron.version}, Node ${process.versions.node}`)
  const total = { passed: 0, failed: 0, skipped: 0 }
  const line = (counts) => Object.entries(counts).map(([what, count]) => `${count} ${what}`)
  for (const { name, passed, counts, seconds } of summary) {
    const told = counts ? `  ${line(counts).join(', ')}` : ''
    console.log(`${name.padEnd(6)} ${passed ? 'passed' : 'FAILED'} ${String(seconds).padStart(4)} s${told}`)
    for (const what of Object.keys(total)) total[what] += counts?.[what] ?? 0
  }
  console.log(line(total).join(', '))
  return summary.every(({ passed }) => passed) && total.failed === 0
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    for (const child of children) child.kill(signal)
    process.exitCode = 1
  })
}
try {
  if (!(await check(process.argv.slice(2)))) process.exitCode = 1
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  rmSync(reports, { recursive: true, force: true })
}
