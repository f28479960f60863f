/**
 * The first key that occurs twice in one object of a JSON text, and how deep the text nests; reading stops at
 * `maxDepth` + 1. Texts that are no JSON give something: JSON.parse is to refuse them.
 */
export function duplicateKey(text: string, maxDepth: number): { duplicate: string | undefined; depth: number } {
  /** keys of the objects around; undefined for arrays */
  const around: (Set<string> | undefined)[] = []
  let deepest = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{' || character === '[') {
      around.push(character === '{' ? new Set() : undefined)
      deepest = Math.max(deepest, around.length)
      if (deepest > maxDepth) break
    } else if (character === '}' || character === ']') around.pop()
    else if (character === '"') {
      const end = endOfString(text, at)
      const keys = around.at(-1)
      if (keys && isKey(text, end)) {
        const key = unescaped(text.slice(at, end))
        if (keys.has(key)) return { duplicate: key, depth: deepest }
        keys.add(key)
      }
      at = end - 1
    }
  }
  return { duplicate: undefined, depth: deepest }
}

/** Behind the closing quote. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at + 1
  }
  return text.length
}

function isKey(text: string, end: number): boolean {
  const COLON = /[ \t\r\n]*:/y
  COLON.lastIndex = end
  return COLON.test(text)
}

/** Two spellings of one key ("a" and "\u0061") are the same key. */
function unescaped(literal: string): string {
  try {
    return String(JSON.parse(literal))
  } catch {
    return literal
  }
}
