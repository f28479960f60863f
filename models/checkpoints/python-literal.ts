import type { Plain } from './checkpoint'
import { keyText } from './plain'
import { parseStringAt } from './python-string'

/*
 * Python's literals as text: numbers, strings, True, False, None, tuples, lists, sets, dicts and `dict(name=value)`.
 * Text is read and never evaluated: what is no literal becomes a placeholder that holds its own text.
 */

/** Configurations nest about ten deep; each level costs call stack. */
const MAX_DEPTH = 64
const MAX_PLACEHOLDER_CHARACTERS = 200

/** The value of a text that is one literal and nothing else; undefined where it is not. */
export function parsePythonLiteral(text: string): Plain | undefined {
  const reader = new LiteralReader(text, new Map())
  const value = reader.expression(1)
  return reader.placeholders === 0 && reader.isAtEnd() ? value : undefined
}

/**
 * The top-level assignments of a configuration written in Python (mmcv's `meta.config`): name → value, in order.
 * What is no literal (`range(0, 1)`, an import, arithmetic) is kept as a placeholder with its text or passed over, and a
 * text that ends early gives what was read. Names assigned before may be used as values.
 */
export function parsePythonConfig(text: string): ReadonlyMap<string, Plain> {
  const assigned = new Map<string, Plain>()
  const reader = new LiteralReader(text, assigned)
  while (!reader.isAtEnd()) {
    const name = reader.assignmentTarget()
    if (name === undefined) reader.skipExpression('\n')
    else assigned.set(name, reader.expression(0))
    reader.take('\n')
  }
  return assigned
}

const BLANK = /[ \t\f\r]*(?:\\\r?\n[ \t\f\r]*)*(?:#[^\n]*)?/y
const BLANK_AND_LINES = /(?:[ \t\f\r\n]+|\\\r?\n|#[^\n]*)*/y
const NUMBER = /[+-]?\s*(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d+)?L?(?![\w.])/iy
const NAME = /[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*/y
const ASSIGNMENT = /([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)[ \t]*=(?!=)/y
const CONSTANTS: ReadonlyMap<string, Plain> = new Map<string, Plain>([
  ['True', true],
  ['False', false],
  ['None', null]
])
const CLOSING: ReadonlyMap<string, string> = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}']
])

class LiteralReader {
  /** how many expressions were no literals */
  placeholders = 0
  private at = 0

  constructor(
    private readonly text: string,
    private readonly names: ReadonlyMap<string, Plain>
  ) {}

  isAtEnd(): boolean {
    this.match(BLANK_AND_LINES)
    return this.at >= this.text.length
  }

  /** Moves behind `character` if it comes next. */
  take(character: string): boolean {
    if (this.text[this.at] !== character) return false
    this.at++
    return true
  }

  /** The name of `name = …` and moves behind the sign, or undefined. */
  assignmentTarget(): string | undefined {
    return this.match(ASSIGNMENT)?.[1]
  }

  /**
   * An expression up to a comma, a closing bracket or one of `stops`; outside of brackets (`depth` 0), where a new line
   * means something, up to the end of the statement.
   */
  expression(depth: number, stops = ''): Plain {
    const start = this.skipBlank(depth)
    const value = depth > MAX_DEPTH ? undefined : this.sum(depth)
    this.skipBlank(depth)
    const next = this.text[this.at]
    const ends = next === undefined || (depth === 0 ? '\n;' : `,)]}${stops}`).includes(next)
    if (value !== undefined && ends) return value
    this.at = start
    this.skipExpression(depth === 0 ? '\n' : stops)
    this.placeholders++
    return { unknownClass: this.text.slice(start, this.at).trim().slice(0, MAX_PLACEHOLDER_CHARACTERS) }
  }

  /** Moves to what ends an expression that can't be read: a comma or closing bracket of its own level, or a stop. */
  skipExpression(stops: string): void {
    let open = 0
    const line = stops.includes('\n')
    while (this.at < this.text.length) {
      const character = this.text.charAt(this.at)
      if (character === '#') {
        this.match(BLANK_AND_LINES)
        if (line && open === 0) return
        continue
      }
      if (character === '"' || character === "'") {
        this.at = parseStringAt(this.text, this.at)?.end ?? this.endOfBrokenString(character)
        continue
      }
      if (CLOSING.has(character)) open++
      else if (')]}'.includes(character)) {
        if (open === 0 && !line) return
        open = Math.max(0, open - 1)
      } else if (open === 0 && (stops.includes(character) || (character === ',' && !line))) return
      this.at++
    }
  }

  /** A string without an end takes the rest of its line, or of the text where its quotes are three. */
  private endOfBrokenString(quote: string): number {
    const end = this.text.startsWith(quote.repeat(3), this.at) ? -1 : this.text.indexOf('\n', this.at)
    return end < 0 ? this.text.length : end
  }

  /** One value, or strings joined by `+`. */
  private sum(depth: number): Plain | undefined {
    let value = this.value(depth)
    for (;;) {
      this.skipBlank(depth)
      if (typeof value !== 'string' || this.text[this.at] !== '+') return value
      this.at++
      this.skipBlank(depth)
      const more = this.value(depth)
      if (typeof more !== 'string') return undefined
      value += more
    }
  }

  private value(depth: number): Plain | undefined {
    const string = this.strings(depth)
    if (string !== undefined) return string
    const number = this.match(NUMBER)?.[0].replace(/[\s_L]/gi, '')
    if (number !== undefined) return numberOf(number)
    const inside = depth + 1
    if (this.take('(')) return this.tuple(inside)
    if (this.take('[')) return this.list(']', inside).items
    if (this.take('{')) return this.braces(inside)
    const name = this.match(NAME)?.[0]
    if (name === undefined) return undefined
    if (name === 'dict' && this.take('(')) return this.keywords(inside)
    return CONSTANTS.has(name) ? CONSTANTS.get(name) : this.names.get(name)
  }

  /** One string or several beside each other, which Python joins. */
  private strings(depth: number): string | undefined {
    let joined: string | undefined
    for (let part = parseStringAt(this.text, this.at); part; part = parseStringAt(this.text, this.at)) {
      joined = (joined ?? '') + part.value
      this.at = part.end
      this.skipBlank(depth)
    }
    return joined
  }

  /** Behind `(`: a tuple, or one value in brackets. */
  private tuple(depth: number): Plain {
    const { items, commas } = this.list(')', depth)
    const [only] = items
    return only !== undefined && commas === 0 ? only : Object.freeze(items)
  }

  private list(closing: string, depth: number): { items: Plain[]; commas: number } {
    const items: Plain[] = []
    let commas = 0
    while (!this.closes(closing, depth)) {
      items.push(this.expression(depth))
      if (this.take(',')) commas++
      else if (!this.comesNext(closing)) break
    }
    return { items, commas }
  }

  /** Behind `{`: a dict, or a set, which is given as a list. */
  private braces(depth: number): Plain {
    const dict = new Map<string, Plain>()
    const items: Plain[] = []
    while (!this.closes('}', depth)) {
      const key = this.expression(depth, ':')
      if (this.take(':')) dict.set(keyText(key), this.expression(depth))
      else items.push(key)
      if (!this.take(',') && !this.comesNext('}')) break
    }
    return items.length > 0 && dict.size === 0 ? items : dict
  }

  /** Behind `dict(`: name=value pairs; anything else in it is passed over. */
  private keywords(depth: number): Plain {
    const dict = new Map<string, Plain>()
    while (!this.closes(')', depth)) {
      const name = this.assignmentTarget()
      if (name === undefined) {
        this.placeholders++
        this.skipExpression('')
      } else dict.set(name, this.expression(depth))
      if (!this.take(',') && !this.comesNext(')')) break
    }
    return dict
  }

  /** Whether the bracket closes here (or the text ends). */
  private closes(closing: string, depth: number): boolean {
    this.skipBlank(depth)
    if (this.take(closing)) return true
    if (this.at < this.text.length) return false
    this.placeholders++
    return true
  }

  /** Asked behind an item without a comma: the wrong kind of bracket ends this level too. */
  private comesNext(closing: string): boolean {
    if (this.text[this.at] === closing) return true
    this.placeholders++
    return false
  }

  private skipBlank(depth: number): number {
    this.match(depth === 0 ? BLANK : BLANK_AND_LINES)
    return this.at
  }

  private match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at
    const match = pattern.exec(this.text)
    if (match === null) return undefined
    this.at = pattern.lastIndex
    return match
  }
}

function numberOf(text: string): number | bigint {
  const number = Number(text)
  const isInteger = /^[+-]?\d+$/.test(text)
  return isInteger && !Number.isSafeInteger(number) && text.length < 1000 ? BigInt(text.replace('+', '')) : number
}
