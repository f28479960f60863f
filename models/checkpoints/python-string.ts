const OPENING = /([rbuf]{0,2})('''|"""|'|")/iy
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['\n', '']
])

/**
 * A Python string literal that begins at `start`, prefix included, and where it ends; undefined where none begins or it
 * has no end. Formatted strings (`f''`) are programs, so they count as none.
 */
export function parseStringAt(text: string, start: number): { value: string; end: number } | undefined {
  OPENING.lastIndex = start
  const [opening, prefix = '', quote = ''] = OPENING.exec(text) ?? []
  if (opening === undefined || /f/i.test(prefix)) return undefined
  const from = start + opening.length
  for (let at = from; at < text.length; at++) {
    const character = text[at]
    if (character === '\\') at++
    else if (character === '\n' && quote.length === 1) return undefined
    else if (text.startsWith(quote, at)) {
      const body = text.slice(from, at)
      return { value: /r/i.test(prefix) ? body : unescaped(body), end: at + quote.length }
    }
  }
  return undefined
}

/** The value of a text that is one string literal and nothing else. */
export function parsePythonString(text: string): string | undefined {
  const parsed = parseStringAt(text, 0)
  return parsed?.end === text.length ? parsed.value : undefined
}

function unescaped(body: string): string {
  return body.replace(
    /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|([0-7]{1,3})|([^]))/gi,
    (whole, x?: string, u?: string, long?: string, octal?: string, other?: string) => {
      if (other !== undefined) return ESCAPES.get(other) ?? whole
      const point = octal === undefined ? parseInt(x ?? u ?? long ?? '', 16) : parseInt(octal, 8)
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole
    }
  )
}
