import type { MenuItemConstructorOptions } from 'electron'

/** An item that stands for a command of the palette, by the same id. */
function command(id: string, label: string, send: (id: string) => void, accelerator?: string) {
  return { id, label, click: () => send(id), ...(accelerator !== undefined && { accelerator }) }
}

/**
 * The application menu. Its commands are carried out by the page: `send` gives it their ids.
 * Single keys (1, ?) are the page's own, since they have to be typed in its fields too.
 */
export function menuTemplate(platform: NodeJS.Platform, send: (id: string) => void): MenuItemConstructorOptions[] {
  const isMac = platform === 'darwin'
  const separator = { type: 'separator' } as const
  const item = (id: string, label: string, accelerator?: string) => command(id, label, send, accelerator)
  const menus: MenuItemConstructorOptions[] = [
    {
      label: '&File',
      submenu: [
        item('open-checkpoint', 'Open checkpoint…', 'CmdOrCtrl+O'),
        item('open-beside', 'Open beside…', 'CmdOrCtrl+Shift+B'),
        item('open-picture', 'Open picture…', 'CmdOrCtrl+Shift+O'),
        item('open-labels', 'Open label image…'),
        item('open-sample', 'Open sample'),
        separator,
        item('export-pane', 'Export pane…', 'CmdOrCtrl+E'),
        item('export-tensor', 'Export tensor…', 'CmdOrCtrl+Shift+E'),
        separator,
        { role: isMac ? 'close' : 'quit' }
      ]
    },
    {
      label: '&Edit',
      submenu: [
        item('undo', 'Undo', 'CmdOrCtrl+Z'),
        item('redo', 'Redo', 'CmdOrCtrl+Shift+Z'),
        item('class-names', 'Class names…'),
        separator,
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' }
      ]
    },
    {
      label: '&View',
      submenu: [
        item('view-1', 'Heatmaps'),
        item('view-2', 'Checkpoint'),
        separator,
        item('toggle-library', 'Library', 'CmdOrCtrl+B'),
        item('toggle-inspector', 'Inspector', 'CmdOrCtrl+I'),
        item('toggle-theme', 'Light or dark', 'CmdOrCtrl+D'),
        item('follow-system-theme', 'Light or dark as the system'),
        separator,
        item('command-palette', 'All commands…', 'CmdOrCtrl+K'),
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' }
      ]
    },
    {
      label: '&Engine',
      submenu: [
        item('run-again', 'Run again', 'CmdOrCtrl+R'),
        item('restart-engine', 'Restart engine'),
        item('clear-model-cache', 'Clear compiled models')
      ]
    },
    {
      role: 'help',
      submenu: [
        item('keyboard-sheet', 'Keys'),
        separator,
        { role: 'toggleDevTools' },
        ...(isMac ? [] : [{ role: 'about' } as const])
      ]
    }
  ]
  return isMac ? [{ role: 'appMenu' }, ...menus, { role: 'windowMenu' }] : menus
}
