import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'electron-vite'
import { resolve } from 'node:path'

// Syntax that the oldest Electron we run on (33: Node 20.18, Chromium 130) can parse.
const NODE_TARGET = 'node20.18'
const CHROME_TARGET = 'chrome130'

/** How long plugins took is no warning. */
const checks = { pluginTimings: false }

export default defineConfig({
  main: {
    build: {
      target: NODE_TARGET,
      outDir: 'out/main',
      // native modules and their companions stay outside the bundle
      rollupOptions: {
        checks,
        input: {
          index: resolve('main/index.ts'),
          // the utility process that runs models
          engine: resolve('main/engine/process.ts')
        },
        external: ['electron', 'onnxruntime-node', 'sharp', '@resvg/resvg-js'],
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' }
      }
    }
  },
  preload: {
    build: {
      target: NODE_TARGET,
      outDir: 'out/preload',
      // a sandboxed preload has to be CommonJS
      rollupOptions: {
        checks,
        input: { preload: resolve('main/preload.ts') },
        external: ['electron'],
        output: { format: 'cjs', entryFileNames: '[name].cjs' }
      }
    }
  },
  renderer: {
    root: 'renderer',
    base: './',
    plugins: [svelte()],
    build: {
      target: CHROME_TARGET,
      outDir: 'out/renderer',
      rollupOptions: { checks, input: resolve('renderer/index.html') }
    }
  }
})
