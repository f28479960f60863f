import type { MenuItemConstructorOptions } from 'electron'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { menuTemplate } from './menu'

function itemsOf(platform: NodeJS.Platform, send: (id: string) => void = () => undefined) {
  return menuTemplate(platform, send).flatMap(({ submenu }) => (submenu ?? []) as MenuItemConstructorOptions[])
}

test.each(['linux', 'darwin', 'win32'] as const)('every command of the menu on %s sends its own id', (platform) => {
  const sent: string[] = []
  const commands = itemsOf(platform, (id) => sent.push(id)).filter(({ id }) => id !== undefined)
  for (const { click } of commands) (click as () => void)()
  expect(sent).toEqual(commands.map(({ id }) => id))
  expect(new Set(sent).size).toBe(sent.length)
  expect(sent).toEqual(
    expect.arrayContaining(['open-checkpoint', 'export-pane', 'command-palette', 'restart-engine', 'view-1'])
  )
})

test('the page knows every command of the menu, and by the same key', () => {
  const source = readFileSync('renderer/commands.ts', 'utf8')
  /** by id, the first key of each command: 'Shift+Mod+O' */
  const keys = new Map(
    [...source.matchAll(/command\(\s*'([\w-]+)',\s*'\w+',\s*\[(?:'([^']*)')?/g)].map(([, id, key]) => [id, key])
  )
  const items = itemsOf('linux').filter(({ id }) => id !== undefined && !id.startsWith('view-'))
  expect(items.map(({ id }) => id).filter((id) => !keys.has(id))).toEqual([])
  const parts = (key: string): string[] => key.replace('CmdOrCtrl', 'Mod').split('+').sort()
  for (const { id, accelerator } of items) {
    if (accelerator !== undefined) expect([id, parts(String(accelerator))]).toEqual([id, parts(keys.get(id) ?? '')])
  }
})

test('no two items share a key, and none is a single character that people type', () => {
  const keys = itemsOf('linux').flatMap(({ accelerator }) => accelerator ?? [])
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys.filter((key) => !String(key).includes('+'))).toEqual([])
})

test('the page can be reloaded by no item: it would lose what is open', () => {
  expect(itemsOf('linux').filter(({ role }) => role === 'reload' || role === 'forceReload')).toEqual([])
})
