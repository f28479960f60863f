import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { cleanText } from './repair'
import { createTokenizer } from './tokenizer'

const tokenizer = createTokenizer(gunzipSync(readFileSync('resources/clip-vocabulary/merges.txt.gz')))

const GOLDEN = resolve('../shared/golden/tokenizer_cases.json')

describe.skipIf(!existsSync(GOLDEN))('tokenizer against the authors’ (needs ../shared)', () => {
  interface Case {
    text: string
    ids: number[]
    too_long: boolean
  }
  // a suite that is skipped is still read
  const { cases } = (existsSync(GOLDEN) ? JSON.parse(readFileSync(GOLDEN, 'utf8')) : { cases: [] }) as { cases: Case[] }

  it('has all 282 cases', () => expect(cases).toHaveLength(282))
  it.each(cases)('encodes $text', ({ text, ids }) => expect(tokenizer.encode(text)).toEqual(ids))
  it.each(cases.filter((c) => c.too_long))('refuses $text in a context of 77', ({ text, ids }) => {
    expect(() => tokenizer.encodeName(text, 77)).toThrow(`takes ${ids.length} tokens`)
  })
  it.each(cases.filter((c) => !c.too_long).slice(0, 50))('encodes the name $text', ({ text, ids }) => {
    expect(tokenizer.encodeName(text, 77)).toEqual([49406, ...ids, 49407])
  })
})

describe('tokenizer', () => {
  it('says how long a name is and how many tokens fit', () => {
    expect(() => tokenizer.encodeName('a street with a red car', 5)).toThrow(
      '“a street with a red car” takes 6 tokens, but names of this model may have 3; choose a shorter name.'
    )
    expect(tokenizer.encodeName('chest of drawers', 5)).toHaveLength(5)
  })

  it('decodes what it encodes', () => {
    const decoded = tokenizer.encode('a photo of the skyscraper, 도로!').map((id) => tokenizer.decode(id))
    expect(decoded.join('')).toMatch(/^a photo of the skyscraper , .*! $/)
    expect(tokenizer.decode(49407)).toBe('<|endoftext|>')
    expect(() => tokenizer.decode(49408)).toThrow('There is no token 49408')
  })

  it('shows a token as a person reads it', () => {
    const shown = (text: string) => tokenizer.encode(text).map((id) => tokenizer.token(id))
    expect(shown('skyscraper')).toEqual([
      { text: 'sky', endsWord: false },
      { text: 'scra', endsWord: false },
      { text: 'per', endsWord: true }
    ])
    // é is two bytes, and one token; 도 is three bytes, of which the vocabulary has no whole
    expect(shown('é')).toEqual([{ text: 'é', endsWord: true }])
    const parts = shown('도로')
    expect(parts.map(({ endsWord }) => endsWord)).toEqual([...parts.slice(1).map(() => false), true])
    expect(tokenizer.token(0)).toEqual({ text: '!', endsWord: false })
    expect(tokenizer.token(256)).toEqual({ text: '!', endsWord: true })
    expect(tokenizer.token(188)).toEqual({ text: '\\x00', endsWord: false })
    expect(tokenizer.token(187)).toEqual({ text: '\\xFF', endsWord: false })
    expect(tokenizer.token(49406)).toEqual({ text: '<|startoftext|>', endsWord: true })
  })

  it('refuses a vocabulary that is cut', () => {
    expect(() => createTokenizer(new TextEncoder().encode('i n\nt h\n'))).toThrow('48894 merges')
  })
})

// What ftfy 6.3.1 makes of each, then lower case and single spaces.
describe('text repair', () => {
  it.each([
    ['CAFÉ’S', "café's"],
    ['voilÃ  le', 'voilà le'],
    ['Ã la mode', 'à la mode'],
    ['Ð´Ð¾Ñ€Ð¾Ð³Ð°', 'дорога'],
    ['l’Ã©tÃ©', "l'été"],
    ['naÃ¯ve façade', 'naïve façade'],
    ['Â£5 Â©', '£5 ©'],
    ['æ—¥æœ¬', '日本'],
    ['ðŸš—', '🚗'],
    ['Ã¼ber grÃ¶ÃŸe', 'über größe'],
    ['Å¡koda', 'škoda'],
    ['ÄŒesko', 'äœesko'],
    ['a\u0085b it\u0092s', "a…b it's"],
    ['Straße Ã', 'straße ã'],
    ['Ã\u0082Â\u00a9', '©'],
    ['&amp;amp;amp;lt;', '<'],
    ['<b>&amp;lt;</b>', '<b><</b>']
  ])('%s → %s', (text, cleaned) => expect(cleanText(text)).toBe(cleaned))

  it('leaves a lone surrogate as the replacement character', () => {
    expect(cleanText('road \ud83d')).toBe('road \ufffd')
  })
})
