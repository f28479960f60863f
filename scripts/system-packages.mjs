// What Electron and the tests need of a Linux system and npm cannot bring: finds what is lacking, and installs it on
// Debian and Ubuntu as root. Elsewhere it names what is missing in one line.
import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** `packages` are Debian's names, newer releases first (t64: the packages rebuilt for 64-bit time). */
const ELECTRON_LIBRARIES = [
  { library: 'libgtk-3.so.0', packages: ['libgtk-3-0t64', 'libgtk-3-0'] },
  { library: 'libnss3.so', packages: ['libnss3'] },
  { library: 'libgbm.so.1', packages: ['libgbm1'] },
  { library: 'libasound.so.2', packages: ['libasound2t64', 'libasound2'] }
]
const TEST_NEEDS = [
  { program: 'Xvfb', packages: ['xvfb'] },
  // ONNX Runtime's WebGPU provider, which the tests run in software
  { library: 'libvulkan.so.1', packages: ['libvulkan1'] }
]

/** The shared libraries that the dynamic loader knows, or undefined where there is no such list (not glibc). */
function knownLibraries() {
  for (const ldconfig of ['/sbin/ldconfig', '/usr/sbin/ldconfig', 'ldconfig']) {
    try {
      const list = execFileSync(ldconfig, ['-p'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      return new Set(list.split('\n').map((line) => line.trim().split(' ', 1)[0]))
    } catch {
      // not there: the next place
    }
  }
  return undefined
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function lacking(needs) {
  const libraries = knownLibraries()
  return needs.filter(({ program, library }) =>
    program ? !isOnPath(program) : libraries !== undefined && !libraries.has(library)
  )
}

function aptHas(name) {
  try {
    // `policy` says nothing of names it has never heard of, and “(none)” for those that are provided by others
    const policy = execFileSync('apt-cache', ['policy', name], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' }
    })
    return /Candidate: (?!\(none\))\S/.test(policy)
  } catch {
    return false
  }
}

function install(needs) {
  const options = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  execFileSync('apt-get', ['update', '-qq'], options)
  const names = needs.map(({ packages }) => packages.find(aptHas) ?? packages[packages.length - 1])
  console.error(`Installing ${names.join(' ')}`)
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], options)
}

/**
 * Makes sure that Electron (and with `tests`, its tests) can run on this system.
 * Throws an error of one line that names what is missing where it cannot be installed from here.
 */
export function ensureSystemPackages({ tests }) {
  if (process.platform !== 'linux') return
  const needs = tests ? [...ELECTRON_LIBRARIES, ...TEST_NEEDS] : ELECTRON_LIBRARIES
  const missing = lacking(needs)
  if (missing.length === 0) return
  const isDebian = existsSync('/etc/debian_version') && isOnPath('apt-get')
  if (isDebian && process.getuid?.() === 0) {
    try {
      install(missing)
    } catch {
      // said below, by what is still missing
    }
  }
  const left = lacking(missing)
  if (left.length === 0) return
  const names = left.map(({ program, library, packages }) => `${program ?? library} (${packages.at(-1)})`)
  throw new Error(`This system lacks ${names.join(', ')}: install ${left.length > 1 ? 'them' : 'it'} and try again.`)
}
