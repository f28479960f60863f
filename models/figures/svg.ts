/*
 * SVG as text. Every number is rounded to a hundredth of a pixel, so that the same figure is the same bytes on every
 * machine.
 */

type AttributeValue = string | number | undefined
export type Attributes = Readonly<Record<string, AttributeValue>>

const FONT = "'Inter Variable', Inter, 'Noto Sans KR Variable', 'Noto Sans KR', 'Noto Sans', sans-serif"

/** Ink, quiet ink, hairline and paper of printed figures; on screen the theme's colours take their place. */
export const INK = '#1a1a1a'
export const QUIET = '#5c5c5c'
export const HAIRLINE = '#c8c8c8'
export const PAPER = '#ffffff'

/** Characters that XML cannot carry at all become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(/\p{Cc}/gu, (control) =>
      control === '\t' || control === '\n' || control >= '\u007f' ? control : '\ufffd'
    )
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

export function round(value: number): number {
  return Math.round(value * 100) / 100
}

/** An element; attributes that are undefined are left out, children are joined as they are. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? round(value) : escapeXml(value ?? '')}"`)
    .join('')
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`
}

export interface TextStyle {
  readonly size?: number
  readonly weight?: number
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly fill?: string
}

/** A line of text, centred vertically on `y`. */
export function textAt(x: number, y: number, text: string, style: TextStyle = {}): string {
  const { size = 11, weight, anchor = 'start', fill = INK } = style
  return element(
    'text',
    {
      x,
      // the middle of lower-case and capital letters lies about a third of the size above the baseline
      y: y + size * 0.35,
      'font-size': size,
      'font-weight': weight,
      'text-anchor': anchor === 'start' ? undefined : anchor,
      fill
    },
    escapeXml(text)
  )
}

/** A whole file. */
export function svgDocument(width: number, height: number, title: string, body: string): string {
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${round(width)} ${round(height)}`,
      'font-family': FONT
    },
    element('title', {}, escapeXml(title)),
    body
  )
}

/** Widths in ems of Inter's characters, by kind; a little wide rather than narrow. */
const WIDTHS: readonly (readonly [characters: RegExp, ems: number])[] = [
  [/[\u1100-\uffff]/u, 1], // Korean, Chinese, Japanese
  [/[ijl|'’.,:;!·()[\] \u202f]/u, 0.3],
  [/[frt/-]/u, 0.4],
  [/[mwMW@%…]/u, 0.92],
  [/[A-Z0-9+−×±=]/u, 0.66]
]
const OTHER_WIDTH = 0.58

/** About how wide a text is, in pixels: there is no font to ask here. */
export function textWidth(text: string, size: number): number {
  let ems = 0
  for (const character of text) ems += WIDTHS.find(([characters]) => characters.test(character))?.[1] ?? OTHER_WIDTH
  return ems * size
}

/** The text, cut with an ellipsis where it would be wider than `width`. */
export function fitText(text: string, size: number, width: number): string {
  if (textWidth(text, size) <= width) return text
  const characters = [...text]
  while (characters.length > 1 && textWidth(`${characters.join('')}…`, size) > width) characters.pop()
  return `${characters.join('').trimEnd()}…`
}
