import '@fontsource-variable/inter/wght.css'
import '@fontsource-variable/jetbrains-mono/wght.css'
import './theme/theme.css'
import './theme/base.css'
import { mount } from 'svelte'
import type { Shell } from '#models/shell'
import App from './App.svelte'
import { connectEngine } from './state/engine'
import { openPaths } from './state/open-paths'
import { start } from './state/start.svelte'
import { Studio } from './state/studio.svelte'

declare global {
  interface Window {
    /** put there by the preload script */
    readonly shell: Shell
  }
}

const studio = new Studio(connectEngine(window.shell), window.shell)
mount(App, { target: document.getElementById('app') ?? document.body, props: { studio } })
// files of the command line take the place of what was there before, so they wait until that is known
void start(studio).finally(() => window.shell.onOpenPaths((paths) => void openPaths(studio, paths)))
