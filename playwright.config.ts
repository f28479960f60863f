import { defineConfig } from '@playwright/test'

/** End-to-end tests in a real Electron (`npm run e2e`), which need what `npm run build` makes. */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  // one studio at a time: each runs models on every core
  workers: 1,
  timeout: 90_000,
  forbidOnly: Boolean(process.env['CI']),
  snapshotPathTemplate: '{testDir}/screenshots/{testFileName}/{arg}{ext}',
  expect: {
    // a model may be compiled first
    timeout: 30_000,
    toHaveScreenshot: { animations: 'disabled', scale: 'css', maxDiffPixelRatio: 0.01, threshold: 0.15 }
  },
  use: { trace: 'off' }
})
