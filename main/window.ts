import { app, BrowserWindow, nativeTheme, screen, type BrowserWindowConstructorOptions } from 'electron'
import { join } from 'node:path'
import type { Theme } from '#models/shell'
import { isPageUrl, PAGE_URL } from './page'
import { WINDOW_COLOURS } from './window-colours'
import type { WindowState, Workspace } from './workspace'

const DEFAULT_SIZE = { width: 1280, height: 800 }
const MIN_SIZE = { minWidth: 1024, minHeight: 640 }
/** Height of the page's own title row, in CSS pixels, where it stands in for the system's title bar. */
const TITLE_HEIGHT = 36
/** Moving and resizing come in bursts: one write after each. */
const SAVE_DELAY_MS = 400

const coloursNow = () => (nativeTheme.shouldUseDarkColors ? WINDOW_COLOURS.dark : WINDOW_COLOURS.light)
const overlayNow = (): Electron.TitleBarOverlay => ({
  color: coloursNow().surface,
  symbolColor: coloursNow().text,
  height: TITLE_HEIGHT
})

/** The page's title row is the title bar where the system draws its buttons into a page; on Linux it keeps its own. */
function titleBar(): BrowserWindowConstructorOptions {
  if (process.platform === 'darwin') return { titleBarStyle: 'hiddenInset', trafficLightPosition: { x: 12, y: 11 } }
  if (process.platform === 'win32') return { titleBarStyle: 'hidden', titleBarOverlay: overlayNow() }
  return { autoHideMenuBar: true }
}

/** The stored place if most of it is on a screen that is there now. */
function placeOf(state: WindowState | undefined): BrowserWindowConstructorOptions {
  if (!state) return DEFAULT_SIZE
  const { x, y, width, height } = state
  const area = screen.getDisplayMatching({ x, y, width, height }).workArea
  const shownWidth = Math.min(x + width, area.x + area.width) - Math.max(x, area.x)
  const shownHeight = Math.min(y + height, area.y + area.height) - Math.max(y, area.y)
  const isOnScreen = shownWidth >= width / 2 && shownHeight >= height / 2
  return isOnScreen ? { x, y, width, height } : DEFAULT_SIZE
}

/** Opens the studio's window where it was last, and remembers where it goes. It is shown with its first frame. */
export async function openWindow(workspace: Workspace, resources: string): Promise<BrowserWindow> {
  const state = await workspace.window.read()
  nativeTheme.themeSource = state?.theme ?? 'system'
  const window = new BrowserWindow({
    ...placeOf(state),
    ...MIN_SIZE,
    ...titleBar(),
    title: app.getName(),
    icon: join(resources, 'icon/icon.png'),
    show: false,
    backgroundColor: coloursNow().surface,
    webPreferences: {
      preload: join(import.meta.dirname, '../preload/preload.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false
    }
  })
  window.once('ready-to-show', () => {
    if (state?.isMaximized) window.maximize()
    window.show()
  })
  remember(window, workspace)
  followTheme(window)
  void window.loadURL(PAGE_URL)
  return window
}

/** Sets the theme for this start and the next ones. */
export async function setTheme(theme: Theme, window: BrowserWindow, workspace: Workspace): Promise<void> {
  nativeTheme.themeSource = theme
  await workspace.window.write(stateOf(window))
}

function stateOf(window: BrowserWindow): WindowState {
  return { ...window.getNormalBounds(), isMaximized: window.isMaximized(), theme: nativeTheme.themeSource }
}

function remember(window: BrowserWindow, workspace: Workspace): void {
  let timer: NodeJS.Timeout | undefined
  // a place that cannot be kept costs a default the next time, and is not worth a word
  const save = (): void => void workspace.window.write(stateOf(window)).catch(() => undefined)
  const saveSoon = (): void => {
    clearTimeout(timer)
    timer = setTimeout(save, SAVE_DELAY_MS)
  }
  window.on('resize', saveSoon).on('move', saveSoon).on('maximize', saveSoon).on('unmaximize', saveSoon)
  window.on('close', () => {
    clearTimeout(timer)
    save()
  })
  window.on('closed', () => clearTimeout(timer))
}

function followTheme(window: BrowserWindow): void {
  const follow = (): void => {
    window.setBackgroundColor(coloursNow().surface)
    if (process.platform === 'win32') window.setTitleBarOverlay(overlayNow())
  }
  nativeTheme.on('updated', follow)
  window.once('closed', () => nativeTheme.off('updated', follow))
}

/** Holds every window, of whatever origin, to the one page: no other address, no new windows, no embedded ones. */
export function confineContents(): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }))
    contents.on('will-frame-navigate', (event) => {
      if (!event.isMainFrame || !isPageUrl(event.url)) event.preventDefault()
    })
    contents.on('will-redirect', (event) => event.preventDefault())
    contents.on('will-attach-webview', (event) => event.preventDefault())
  })
}
