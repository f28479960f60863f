import { decodeHTML, decodeHTMLStrict } from 'entities/decode'

/*
 * The cleaning that CLIP's tokenizer does before it looks at words: text repair in the manner of ftfy, HTML entities
 * undone twice, white space collapsed, lower case. Written as rules for what people paste into a class list; ftfy's
 * statistics about rare encodings (MacRoman, code page 437, …) are left out.
 */

/** What bytes 0x80..0x9f mean in Windows-1252; the five that it leaves open stand for themselves. */
const WINDOWS_1252 =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f' +
  '\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178'

/** A character that a byte 0x80..0xbf becomes when UTF-8 is read as Latin-1 or Windows-1252. */
const CONTINUATION = `[\\u0080-\\u00bf${WINDOWS_1252}]`
const MOJIBAKE = new RegExp(
  `(?:[\\u00c2-\\u00df]${CONTINUATION}|[\\u00e0-\\u00ef]${CONTINUATION}{2}|[\\u00f0-\\u00f4]${CONTINUATION}{3})+`,
  'g'
)
/** À lost its no-break space to a plain one: “voilÃ le”. Capitals before it make it Portuguese. */
const BROKEN_A_GRAVE = /(?<!\p{Lu})Ã(?= )/gu

const LIGATURES: Readonly<Record<string, string>> = {
  Ĳ: 'IJ',
  ĳ: 'ij',
  ŉ: '\u02bcn',
  Ǳ: 'DZ',
  ǲ: 'Dz',
  ǳ: 'dz',
  Ǆ: 'DŽ',
  ǅ: 'Dž',
  ǆ: 'dž',
  Ǉ: 'LJ',
  ǈ: 'Lj',
  ǉ: 'lj',
  Ǌ: 'NJ',
  ǋ: 'Nj',
  ǌ: 'nj',
  ﬀ: 'ff',
  ﬁ: 'fi',
  ﬂ: 'fl',
  ﬃ: 'ffi',
  ﬄ: 'ffl',
  ﬅ: '\u017ft',
  ﬆ: 'st'
}
const LIGATURE = new RegExp(`[${Object.keys(LIGATURES).join('')}]`, 'g')

const ESCAPE = '\u001b'
const TERMINAL_ESCAPE = new RegExp(`${ESCAPE}\\[[\\d;]*[a-zA-Z]`, 'g')
/** Invisible characters that nobody means: controls other than white space, byte order marks, annotation marks. */
const CONTROL = /(?![\t\n\f\r\u0080-\u009f])[\p{Cc}\u206a-\u206f\ufeff\ufff9-\ufffc]/gu

function byteOf(character: string): number {
  const code = character.charCodeAt(0)
  return code < 0x100 ? code : 0x80 + WINDOWS_1252.indexOf(character)
}

/**
 * One run of characters that could be UTF-8 read in a one-byte encoding. A single two-byte sequence may be true text
 * (“É’” at the end of a quotation), so it needs a lead that hardly ever stands before such a sign: Â, Ã, or Å.
 */
function decodeMojibake(run: string): string {
  const leads = run.match(/[\u00c2-\u00f4]/g) ?? []
  const telling = leads.length > 1 || /^[\u00c2\u00c3\u00e0-\u00f4]|^\u00c5[\u0080-\u00bf\u0152-\u0192]/.test(run)
  if (!telling) return run
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(run, byteOf))
  } catch {
    return run
  }
}

/** Applies `step` until nothing changes; every step here shortens the text or is done after one pass. */
function untilStable(text: string, step: (text: string) => string): string {
  for (;;) {
    const next = step(text)
    if (next === text) return text
    text = next
  }
}

function repairOnce(text: string): string {
  return untilStable(text, (t) => t.replace(MOJIBAKE, decodeMojibake))
    .replace(BROKEN_A_GRAVE, 'à')
    .replace(/[\u0080-\u009f]/g, (control) => WINDOWS_1252.charAt(control.charCodeAt(0) - 0x80))
    .replace(LIGATURE, (ligature) => LIGATURES[ligature] ?? ligature)
    .replace(/[\uff01-\uffef\u3000]/g, (wide) => wide.normalize('NFKC'))
    .replace(/[\u02bc\u2018-\u201b]/g, "'")
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(TERMINAL_ESCAPE, '')
    .replace(CONTROL, '')
    .normalize('NFC')
}

/** The text as CLIP's tokenizer sees it: repaired, unescaped, one space between words, trimmed, lower case. */
export function cleanText(text: string): string {
  // in markup an entity stands for a character that must not be undone too early
  const unescape = text.includes('<') ? (t: string) => t : decodeHTMLStrict
  const repaired = untilStable(text.replace(/\p{Surrogate}/gu, '\ufffd'), (t) => repairOnce(unescape(t)))
  return decodeHTML(decodeHTML(repaired)).replace(/\s+/g, ' ').trim().toLowerCase()
}
