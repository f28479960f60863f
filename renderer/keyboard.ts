import { commands, type CommandId } from './commands'
import type { Studio } from './state/studio.svelte'

const isMac = (platform: string): boolean => platform === 'darwin'

/** Whether the key press is the one that `keys` ('Shift+Mod+Z', '?', 'S') names. */
export function matches(event: KeyboardEvent, keys: string, platform: string): boolean {
  const parts = keys.split('+')
  const key = parts.pop() ?? ''
  const mod = isMac(platform) ? event.metaKey : event.ctrlKey
  const other = isMac(platform) ? event.ctrlKey : event.metaKey
  if (other || event.altKey || mod !== parts.includes('Mod')) return false
  // the character of a sign says with which keys it is typed, which differs from keyboard to keyboard
  const isSign = key.length === 1 && key.toLowerCase() === key.toUpperCase()
  if (!isSign && event.shiftKey !== parts.includes('Shift')) return false
  return event.key.toUpperCase() === key.toUpperCase()
}

/** Keys as they are written on a keyboard of this platform: 'Ctrl+Shift+Z', '⇧⌘Z'. */
export function shownKeys(keys: string, platform: string): string {
  const parts = keys.split('+')
  if (isMac(platform)) return parts.map((part) => ({ Mod: '⌘', Shift: '⇧' })[part] ?? part).join('')
  const order = ['Mod', 'Shift']
  const names = parts.toSorted((a, b) => (order.indexOf(a) + 1 || 9) - (order.indexOf(b) + 1 || 9))
  return names.map((part) => (part === 'Mod' ? 'Ctrl' : part)).join('+')
}

/** The first keys of a command as they are written; '' where it has none. */
export function shownKeysOf(id: CommandId, platform: string): string {
  const keys = commands.find((command) => command.id === id)?.keys[0]
  return keys === undefined ? '' : shownKeys(keys, platform)
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  const isTextInput = target instanceof HTMLInputElement && !['range', 'radio', 'checkbox'].includes(target.type)
  return isTextInput || target instanceof HTMLTextAreaElement || target.isContentEditable
}

/** What Space and Enter press by themselves, and what moves by its own arrow keys. */
function usesSpace(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('button, input, select, [role=option]') !== null
}

/** A list that is searched by typing (the class list). */
function takesLetters(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('[data-takes-letters]') !== null
}

/** Esc ends what runs, or else clears the pins; what is open in between closes by itself. */
function escape(studio: Studio): boolean {
  if (studio.session.tasks.list.length > 0) {
    studio.cancel()
    return true
  }
  const isOpen = document.querySelector('[role=dialog], [role=menu], [role=listbox][data-state=open]') !== null
  if (isOpen || studio.editedClass !== undefined || isTyping(document.activeElement)) return false
  if (studio.pins.length > 0) studio.choose({ pins: [] })
  return true
}

/** Carries out commands by their keys; returns what ends that. */
export function listenToKeys(studio: Studio, page: Window = window): () => void {
  const { platform } = studio.shell

  function down(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      if (!event.defaultPrevented && escape(studio)) {
        event.preventDefault()
        event.stopPropagation()
      }
      return
    }
    const typing = isTyping(event.target)
    if (event.key === ' ' && !typing && !usesSpace(event.target)) {
      studio.bare = true
      event.preventDefault()
      return
    }
    if (studio.dialog !== undefined) return
    for (const command of commands) {
      const keys = command.keys.find((candidate) => matches(event, candidate, platform))
      if (keys === undefined) continue
      // single keys are letters where one types or searches, and undo there is the field's own
      if ((typing || takesLetters(event.target)) && !keys.includes('Mod')) continue
      if (typing && command.group === 'edit') continue
      event.preventDefault()
      if (command.enabled(studio) && !(event.repeat && command.group === 'view')) command.run(studio)
      return
    }
  }

  const up = (event: KeyboardEvent): void => {
    if (event.key === ' ') studio.bare = false
  }
  const leave = (): void => void (studio.bare = false)
  // ahead of dialogs and menus, since what runs ends before what is open closes
  page.addEventListener('keydown', down, { capture: true })
  page.addEventListener('keyup', up)
  page.addEventListener('blur', leave)
  return () => {
    page.removeEventListener('keydown', down, { capture: true })
    page.removeEventListener('keyup', up)
    page.removeEventListener('blur', leave)
  }
}
