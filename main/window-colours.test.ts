import { formatHex } from 'culori'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { WINDOW_COLOURS } from './window-colours'

test('the window is drawn in the colours of its page before the page is there', () => {
  const theme = readFileSync('renderer/theme/theme.css', 'utf8')
  const hexes = (name: string) => {
    const [, light = '', dark = ''] =
      new RegExp(`--${name}: light-dark\\((oklch\\([^)]*\\)), (oklch\\([^)]*\\))\\)`).exec(theme) ?? []
    return [formatHex(light), formatHex(dark)]
  }
  const { light, dark } = WINDOW_COLOURS
  expect([light.surface, dark.surface]).toEqual(hexes('surface-0'))
  expect([light.text, dark.text]).toEqual(hexes('text-0'))
})
