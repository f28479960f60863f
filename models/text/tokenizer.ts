import { StudioError } from '../errors'
import { cleanText } from './repair'

/** Ids of the whole vocabulary: 256 bytes, the same at the end of a word, 48,894 merges, start and end. */
const VOCABULARY_SIZE = 49408
export const START_TOKEN = 49406
export const END_TOKEN = 49407

const BYTE_TOKENS = 256
const END_OF_WORD = '</w>'
const MERGES = START_TOKEN - 2 * BYTE_TOKENS

/** Contractions, runs of letters, single digits, runs of anything else; special tokens written out are kept whole. */
const WORD = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/gu
const SPECIAL: ReadonlyMap<string, number> = new Map([
  ['<|startoftext|>', START_TOKEN],
  ['<|endoftext|>', END_TOKEN]
])

/** A token as a person reads it. */
export interface VocabularyToken {
  /** without the mark of a word's end; bytes that are no text (control characters, parts of a character) as \xE2 */
  readonly text: string
  /** whether a word ends with it: `</w>` in the vocabulary */
  readonly endsWord: boolean
}

export interface Tokenizer {
  /** Ids of a text, without start and end. Any text has some; an empty one has none. */
  encode(text: string): number[]
  /** The text of one token, a space after the last of a word; U+FFFD for a part of a character. */
  decode(id: number): string
  /** One token to be looked at. */
  token(id: number): VocabularyToken
  /**
   * Ids of a name with start and end. Throws a StudioError `too-long` where they are more than `contextLength`
   * (which counts start and end): a name is never cut.
   */
  encodeName(text: string, contextLength: number): number[]
}

/**
 * The printable character that stands for each byte in the merges, in the order of the ids: bytes that print as
 * themselves in Latin-1 first, then the others, written as U+0100 and on.
 */
function byteAlphabet(): { byte: number; character: string }[] {
  const prints = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
  const bytes = Array.from({ length: BYTE_TOKENS }, (_, byte) => byte)
  return [
    ...bytes.filter(prints).map((byte) => ({ byte, character: String.fromCharCode(byte) })),
    ...bytes.filter((byte) => !prints(byte)).map((byte, i) => ({ byte, character: String.fromCharCode(0x100 + i) }))
  ]
}

/** A pair of neighbouring ids as one number. */
const pairKey = (left: number, right: number): number => left * VOCABULARY_SIZE + right

function readMerges(vocabulary: Uint8Array): string[][] {
  const lines = new TextDecoder('utf-8').decode(vocabulary).trimEnd().split('\n')
  const merges = lines.map((line) => line.split(' '))
  if (merges.length !== MERGES || merges.some((pair) => pair.length !== 2)) {
    throw new StudioError(
      'corrupt',
      `The vocabulary should hold ${MERGES} merges of two tokens, one a line; it has ${lines.length} lines, so install the studio again.`
    )
  }
  return merges
}

/** Bytes as text where they are text that can be seen, otherwise byte by byte. */
function readable(bytes: Uint8Array): string {
  const text = new TextDecoder('utf-8').decode(bytes)
  if (!/[\uFFFD\p{Cc}\p{Cf}\p{Z}]/u.test(text)) return text
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}

/**
 * CLIP's byte-level byte-pair encoding (Radford et al. 2021, simple_tokenizer.py).
 * @param vocabulary the 48,894 merges in their order as UTF-8 text, two tokens a line with a space between
 */
export function createTokenizer(vocabulary: Uint8Array): Tokenizer {
  const alphabet = byteAlphabet()
  const tokens = [
    ...alphabet.map(({ character }) => character),
    ...alphabet.map(({ character }) => character + END_OF_WORD)
  ]
  const ids = new Map(tokens.map((token, id) => [token, id]))
  const idOfByte = new Uint8Array(BYTE_TOKENS)
  alphabet.forEach(({ byte }, id) => (idOfByte[byte] = id))
  const byteOfCharacter = new Map(alphabet.map(({ byte, character }) => [character, byte]))

  // A merge's id tells its rank too: ids go in the order of the merges.
  const merged = new Map<number, number>()
  for (const [left = '', right = ''] of readMerges(vocabulary)) {
    const token = left + right
    merged.set(pairKey(ids.get(left) ?? NaN, ids.get(right) ?? NaN), tokens.length)
    ids.set(token, tokens.length)
    tokens.push(token)
  }

  function encodeWord(word: string): number[] {
    let symbols = Array.from(new TextEncoder().encode(word), (byte) => idOfByte[byte] ?? 0)
    symbols.push((symbols.pop() ?? 0) + BYTE_TOKENS)
    for (;;) {
      let best = Infinity
      for (let i = 0; i + 1 < symbols.length; i++) {
        const id = merged.get(pairKey(symbols[i] ?? 0, symbols[i + 1] ?? 0))
        if (id !== undefined && id < best) best = id
      }
      if (best === Infinity) return symbols
      const next: number[] = []
      for (let i = 0; i < symbols.length; i++) {
        const left = symbols[i] ?? 0
        const right = symbols[i + 1]
        if (right !== undefined && merged.get(pairKey(left, right)) === best) {
          next.push(best)
          i++
        } else {
          next.push(left)
        }
      }
      symbols = next
    }
  }

  const encode = (text: string): number[] =>
    Array.from(cleanText(text).matchAll(WORD)).flatMap(([word]) => SPECIAL.get(word) ?? encodeWord(word))

  function bytesOf(id: number): { bytes: Uint8Array<ArrayBuffer>; endsWord: boolean } {
    const token = tokens[id]
    if (token === undefined) throw new StudioError('invalid', `There is no token ${id}: ids go to ${END_TOKEN}.`)
    const endsWord = token.endsWith(END_OF_WORD)
    const characters = endsWord ? token.slice(0, -END_OF_WORD.length) : token
    return { bytes: Uint8Array.from(characters, (character) => byteOfCharacter.get(character) ?? 0), endsWord }
  }

  return {
    encode,
    decode(id) {
      for (const [text, special] of SPECIAL) if (special === id) return text
      const { bytes, endsWord } = bytesOf(id)
      return new TextDecoder('utf-8').decode(bytes) + (endsWord ? ' ' : '')
    },
    token(id) {
      for (const [text, special] of SPECIAL) if (special === id) return { text, endsWord: true }
      const { bytes, endsWord } = bytesOf(id)
      return { text: readable(bytes), endsWord }
    },
    encodeName(text, contextLength) {
      const name = encode(text)
      const fits = contextLength - 2
      if (name.length > fits) {
        const takes = `takes ${name.length} ${name.length === 1 ? 'token' : 'tokens'}`
        throw new StudioError(
          'too-long',
          `“${text}” ${takes}, but names of this model may have ${fits}; choose a shorter name.`
        )
      }
      return [START_TOKEN, ...name, END_TOKEN]
    }
  }
}
