#!/usr/bin/env node
// Bundles the benchmark, then runs it: npm run bench -- --help
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'vite'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'out/bench')

await build({
  configFile: false,
  root,
  logLevel: 'warn',
  build: {
    ssr: true,
    outDir: folder,
    emptyOutDir: true,
    target: 'node20.18',
    rollupOptions: {
      // the second is a process of its own
      input: { index: 'bench/index.ts', 'open-process': 'bench/open-process.ts' },
      output: { format: 'es', entryFileNames: '[name].js' }
    }
  }
})
process.chdir(root)
await import(pathToFileURL(join(folder, 'index.js')).href)
