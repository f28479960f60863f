import { createRequire, Module } from 'node:module'
import type sharpFactory from 'sharp'

/*
 * sharp, as it can run in this process. Electron's Linux binary brings the system's GLib into every process of it, and
 * sharp's native build carries a GLib of its own: with the two under the same names, objects are never freed, and on
 * newer systems the process dies with the first picture (lovell/sharp#4525, electron/electron#46323). sharp's build for
 * WebAssembly, of the same version, has nothing to collide with and gives the same pixels; it takes the native one's
 * place among the loaded modules before sharp looks for it.
 */

const load = createRequire(import.meta.url)

if (process.platform === 'linux' && 'electron' in process.versions) {
  const native = load.resolve(`@img/sharp-linux-${process.arch}/sharp.node`)
  const stand = new Module(native)
  stand.exports = load('@img/sharp-wasm32/sharp.node')
  stand.loaded = true
  load.cache[native] = stand
}

export const sharp = load('sharp') as typeof sharpFactory
