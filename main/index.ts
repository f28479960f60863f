import { app, BrowserWindow, ipcMain, Menu } from 'electron'
import { join, resolve } from 'node:path'
import { connectPage, superviseEngine } from './engine-process'
import { menuTemplate } from './menu'
import { pathsOfArguments } from './opened-paths'
import { guardSession, isPageFrame, registerScheme } from './page'
import { serveShell } from './shell'
import { ENGINE_PORT_CHANNEL, SHELL_EVENTS } from './shell-calls'
import { confineContents, openWindow } from './window'
import { Workspace } from './workspace'

// Another place for everything that is kept: several studios can then run beside each other.
const dataFolder = process.env['DENSECLIP_STUDIO_DATA']
if (dataFolder) app.setPath('userData', resolve(dataFolder))

/** Given before there is a page to open them. */
const waitingPaths = new Set<string>()
let page: Electron.WebContents | undefined

/** Opens files that the system or another start of the app hands over. */
function openPaths(paths: readonly string[]): void {
  if (paths.length === 0) return
  if (page && !page.isDestroyed()) page.send(SHELL_EVENTS.openPaths, paths)
  else for (const path of paths) waitingPaths.add(path)
}

function argumentPaths(words: readonly string[], workingFolder: string): string[] {
  return pathsOfArguments(words, workingFolder, process.defaultApp ? app.getAppPath() : undefined)
}

async function open(): Promise<void> {
  const workspace = new Workspace(app.getPath('userData'))
  guardSession()
  const tell = (channel: string, value: unknown): void => {
    for (const window of BrowserWindow.getAllWindows()) window.webContents.send(channel, value)
  }
  // before the window, so that both start at the same time
  const engine = superviseEngine((state) => tell(SHELL_EVENTS.engineState, state))
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(menuTemplate(process.platform, (command) => tell(SHELL_EVENTS.menuCommand, command)))
  )
  ipcMain.on(ENGINE_PORT_CHANNEL, (event) => {
    if (isPageFrame(event.senderFrame)) connectPage(engine, event.sender)
  })

  const resources = app.isPackaged ? process.resourcesPath : join(app.getAppPath(), 'resources')
  async function show(): Promise<void> {
    const window = await openWindow(workspace, resources)
    const unserve = serveShell({ window, workspace, engine, resources })
    window.once('closed', unserve)
    window.webContents.on('did-finish-load', () => {
      page = window.webContents
      openPaths([...waitingPaths])
      waitingPaths.clear()
    })
  }
  await show()
  finishWritesBeforeQuit(workspace)
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) void show()
  })
}

/** What the page saved last may be on its way to the disk when the last window closes. */
function finishWritesBeforeQuit(workspace: Workspace): void {
  app.once('will-quit', (event) => {
    event.preventDefault()
    void workspace.settled().finally(() => app.quit())
  })
}

if (app.requestSingleInstanceLock()) {
  registerScheme()
  confineContents()
  // WebGL where there is no GPU: newer Chromium wants to be asked for it, and every script that runs here is our own
  app.commandLine.appendSwitch('enable-unsafe-swiftshader')
  app.on('open-file', (event, path) => {
    event.preventDefault()
    openPaths([path])
  })
  app.on('second-instance', (_event, words, workingFolder) => {
    const [window] = BrowserWindow.getAllWindows()
    if (window?.isMinimized()) window.restore()
    window?.focus()
    openPaths(argumentPaths(words, workingFolder))
  })
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
  openPaths(argumentPaths(process.argv, process.cwd()))
  void app.whenReady().then(open)
} else {
  app.quit()
}
