// The screen that windows are shown on: is there one, and can Chromium's sandbox work here?
import { execFileSync, spawn } from 'node:child_process'

/** True where a window can be shown. Only Linux can be without. */
export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
}

/** Starts an X server without a screen on a free number: { display, stop }. Big enough for every window of the tests. */
export function startVirtualDisplay() {
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '2560x1600x24', '-nolisten', 'tcp', '-noreset'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe']
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('exit', (code) => reject(new Error(`Xvfb ended with status ${code}`)))
    server.stdio[3].once('data', (number) =>
      resolve({ display: `:${String(number).trim()}`, stop: () => server.kill() })
    )
  })
}

/** Chromium's arguments that this system asks for. */
export function chromiumArguments() {
  if (process.platform !== 'linux') return []
  const words = []
  if (!process.env.DISPLAY && process.env.WAYLAND_DISPLAY) words.push('--ozone-platform=wayland')
  if (!sandboxWorks()) words.push('--no-sandbox')
  return words
}

/** Chromium's own sandbox needs user namespaces, and refuses to start as root. */
function sandboxWorks() {
  if (process.getuid?.() === 0) return false
  try {
    execFileSync('unshare', ['--user', '--map-root-user', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
