import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron'
import { ENGINE_PORT_REPLY, ENGINE_PORT_REQUEST, type Shell } from '#models/shell'
import { callChannel, ENGINE_PORT_CHANNEL, SHELL_EVENTS, type ShellCall, type ShellReply } from './shell-calls'

/*
 * All that the page can reach of the system: `window.shell`, and one port to the engine.
 * A MessagePort cannot cross the bridge, so it is posted to the page's own window.
 */

/** The little of the page's window that is used here; the rest of main/ is compiled without the DOM. */
interface PageWindow {
  postMessage(message: unknown, origin: string, ports: readonly unknown[]): void
  addEventListener(type: 'message', listener: (event: { source: unknown; data: unknown }) => void): void
}
declare const window: PageWindow

async function call<M extends ShellCall>(method: M, request?: unknown): Promise<Awaited<ReturnType<Shell[M]>>> {
  const reply: ShellReply & { value?: unknown } = await ipcRenderer.invoke(callChannel(method), request)
  if ('error' in reply) throw new Error(reply.error)
  return reply.value as Awaited<ReturnType<Shell[M]>>
}

function listen<T>(channel: string, listener: (value: T) => void): () => void {
  const heard = (_event: IpcRendererEvent, value: T): void => listener(value)
  ipcRenderer.on(channel, heard)
  return () => ipcRenderer.off(channel, heard)
}

/** Paths that came before the page had set itself up to hear of them. */
const unheardPaths: string[] = []
ipcRenderer.on(SHELL_EVENTS.openPaths, (_event, paths: readonly string[]) => {
  if (ipcRenderer.listenerCount(SHELL_EVENTS.openPaths) === 1) unheardPaths.push(...paths)
})

const shell: Shell = {
  platform: process.platform,
  samples: () => call('samples'),
  chooseFiles: (request) => call('chooseFiles', request),
  pathForFile: (file) => webUtils.getPathForFile(file as Parameters<typeof webUtils.getPathForFile>[0]),
  kindOfPath: (request) => call('kindOfPath', request),
  companionsBeside: (request) => call('companionsBeside', request),
  classLists: () => call('classLists'),
  saveExport: (request) => call('saveExport', request),
  rasterize: (request) => call('rasterize', request),
  recentFiles: () => call('recentFiles'),
  addRecentFile: (request) => call('addRecentFile', request),
  clearRecentFiles: () => call('clearRecentFiles'),
  outputMeanings: (request) => call('outputMeanings', request),
  saveOutputMeanings: (request) => call('saveOutputMeanings', request),
  loadWorkspace: () => call('loadWorkspace'),
  saveWorkspace: (request) => call('saveWorkspace', request),
  setTheme: (request) => call('setTheme', request),
  restartEngine: () => call('restartEngine'),
  engineState: () => call('engineState'),
  onEngineState: (listener) => listen(SHELL_EVENTS.engineState, listener),
  onMenuCommand: (listener) => listen(SHELL_EVENTS.menuCommand, listener),
  onOpenPaths(listener) {
    const early = unheardPaths.splice(0)
    if (early.length > 0) listener(early)
    return listen(SHELL_EVENTS.openPaths, listener)
  }
}
contextBridge.exposeInMainWorld('shell', shell)

window.addEventListener('message', ({ source, data }) => {
  if (source === window && data === ENGINE_PORT_REQUEST) ipcRenderer.send(ENGINE_PORT_CHANNEL)
})
ipcRenderer.on(ENGINE_PORT_CHANNEL, (event) => window.postMessage(ENGINE_PORT_REPLY, '*', event.ports))
