import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StudioError } from '../errors'
import type { Plain } from './checkpoint'
import { failIn } from './fault'
import { readPickle } from './pickle'
import { CONTAINERS } from './pickle-objects'
import { Dict } from './plain'

/** Opcodes and text as they are written in a pickle; numbers are bytes. */
function pickle(...parts: (string | number)[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part, 'latin1'))))
  )
}

function load(bytes: Uint8Array): Plain {
  const options = { fail: failIn('x.pkl'), entry: 'x', known: CONTAINERS, persistent: (id: Plain) => id }
  return readPickle(bytes, 0, options).value
}

function codeOf(bytes: Uint8Array): string {
  try {
    load(bytes)
    return 'opened'
  } catch (error) {
    if (error instanceof StudioError) return error.code
    throw error
  }
}

describe('values of every protocol', () => {
  test.each<[string, Uint8Array, unknown]>([
    ['0: int, bool, long, float', pickle('(I5\nI01\nL7L\nF1.5\nl.'), [5, true, 7, 1.5]],
    ['0: string and unicode', pickle(`(S'a\\'b'\nV\\u00e9x\nt.`), ["a'b", 'éx']],
    ['0: dict by MARK', pickle(`(S'a'\nI1\nd.`), new Dict([['a', 1]])],
    ['0: PUT and GET', pickle('(lp0\ng0\n0.'), []],
    ['1: BININT', pickle('(K\x05M\x00\x01J\xff\xff\xff\xfft.'), [5, 256, -1]],
    ['1: BINFLOAT', pickle('G?\xf8\0\0\0\0\0\0.'), 1.5],
    ['2: LONG1 within and beyond 2^53', pickle(0x80, 2, 0x8a, 1, 0xff, '.'), -1],
    ['2: LONG1 large', pickle(0x80, 2, 0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0x40, '.'), 2n ** 62n],
    ['2: LONG1 of no bytes', pickle(0x8a, 0, '.'), 0],
    ['2: tuples', pickle(')', 'N', 0x85, 0x86, '.'), [[], [null]]],
    ['2: booleans', pickle(0x88, 0x89, 0x86, '.'), [true, false]],
    ['2: text of Python 2', pickle('U\x02abT\x01\0\0\0c', 0x86, '.'), ['ab', 'c']],
    ['3: bytes', pickle('C\x02\x00\xff.'), Uint8Array.of(0, 255)],
    ['4: frame, short text, MEMOIZE', pickle(0x80, 4, 0x95, '\x05\0\0\0\0\0\0\0', 0x8c, '\x01é', 0x94, '.'), '\ufffd'],
    ['4: sets', pickle(0x8f, '(K\x01K\x02', 0x90, '.'), [1, 2]],
    ['4: frozenset', pickle('(K\x01', 0x91, '.'), [1]],
    ['4: long text', pickle(0x8d, '\x02\0\0\0\0\0\0\0hi.'), 'hi'],
    ['5: bytearray', pickle(0x80, 5, 0x96, '\x01\0\0\0\0\0\0\0a', 0x98, '.'), Uint8Array.of(97)],
    ['DUP, POP, POP_MARK', pickle(']20(K\x01K\x021.'), []],
    ['POP over a MARK', pickle('](0.'), []]
  ])('%s', (_, bytes, value) => {
    expect(load(bytes)).toEqual(value)
  })

  test('containers of the closed list are built', () => {
    expect(load(pickle('ccollections\nOrderedDict\n)R(X\x01\0\0\0aK\x01u.'))).toEqual(new Dict([['a', 1]]))
    expect(load(pickle('ccollections\nOrderedDict\n(]](K\x01K\x02eatR.'))).toEqual(new Dict([['1', 2]]))
    expect(load(pickle('c__builtin__\nset\n(](K\x01etR.'))).toEqual([1])
    expect(load(pickle('c_codecs\nencode\n(X\x03\0\0\0\xc3\xbfaX\x06\0\0\0latin1tR.'))).toEqual(Uint8Array.of(255, 97))
  })

  test('keys that are not text are written as text', () => {
    expect(load(pickle('}(K\x01NNN', 0x88, 'N(K\x01K\x02tNG?\xf8\0\0\0\0\0\0Nu.'))).toEqual(
      new Dict(['1', 'None', 'True', '(1, 2)', '1.5'].map((key) => [key, null] as const))
    )
  })

  test('keys of JavaScript’s own are keys like any other', () => {
    const dict = load(pickle('}(X\x09\0\0\0__proto__}X\x08\0\0\0pollutedK\x01sX\x0b\0\0\0constructorNu.'))
    expect([...(dict as Map<string, Plain>).keys()]).toEqual(['__proto__', 'constructor'])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('names', () => {
  test('unknown ones become placeholders, whatever is done with them', () => {
    const cases = [
      pickle('cargparse\nNamespace\n)R.'),
      pickle('cargparse\nNamespace\n)', 0x81, '}X\x01\0\0\0aK\x01sb.'),
      pickle('cargparse\nNamespace\n)}', 0x92, '.'),
      pickle('(iargparse\nNamespace\n.'),
      pickle('(cargparse\nNamespace\nK\x01o.'),
      pickle('X\x08\0\0\0argparseX\x09\0\0\0Namespace', 0x93, ')', 0x81, '(K\x01e.'),
      // the result of an unknown call is called itself
      pickle('cargparse\nNamespace\n)R)R.')
    ]
    for (const bytes of cases) expect(load(bytes)).toMatchObject({ unknownClass: 'argparse.Namespace' })
  })

  test.each([
    ...[
      'os.system',
      'posix.system',
      'nt.system',
      'os.path.join',
      'subprocess.Popen',
      'builtins.eval',
      'runpy.run_path'
    ],
    ...['__builtin__.exec', 'builtins.__import__', 'builtins.open', 'importlib._bootstrap.x', 'pty.spawn', 'sys.exit'],
    ...['socket.socket', 'shutil.rmtree', 'ctypes.CDLL', 'marshal.loads', 'code.interact', 'pickle.loads'],
    ...['_pickle.loads', 'cPickle.loads', 'builtins.compile', 'builtins.input', '__builtin__.execfile']
  ])('%s is refused by every opcode that can name it', (name) => {
    const dot = name.indexOf('.')
    const module = name.slice(0, dot)
    const attribute = name.slice(dot + 1)
    const text = (value: string): string => `X${String.fromCharCode(value.length)}\0\0\0${value}`
    expect(codeOf(pickle(`c${module}\n${attribute}\n.`))).toBe('code')
    expect(codeOf(pickle(`(i${module}\n${attribute}\n.`))).toBe('code')
    expect(codeOf(pickle(text(module), text(attribute), 0x93, '.'))).toBe('code')
  })
})

describe('broken pickles', () => {
  test.each<[string, Uint8Array, string]>([
    ['nothing', pickle(), 'truncated'],
    ['no STOP', pickle('N'), 'truncated'],
    ['an empty stack at STOP', pickle('.'), 'corrupt'],
    ['a value taken from under a MARK', pickle('N(', 0x85, '.'), 'corrupt'],
    ['TUPLE without MARK', pickle('Nt.'), 'corrupt'],
    ['a memo that was never written', pickle('h\x05.'), 'corrupt'],
    ['text longer than the file', pickle('X\xff\xff\xff\xffab.'), 'truncated'],
    ['text longer than any file', pickle(0x8d, '\xff\xff\xff\xff\xff\xff\xff\xff.'), 'truncated'],
    ['a frame longer than the file', pickle(0x95, '\xff\0\0\0\0\0\0\0N.'), 'truncated'],
    ['a negative LONG4', pickle(0x8b, '\xff\xff\xff\xff.'), 'corrupt'],
    ['an integer of 2 KiB', pickle(0x8b, '\0\x08\0\0', '\xff'.repeat(2048), '.'), 'limit'],
    ['a decimal integer of 5,000 digits', pickle(`L${'9'.repeat(5000)}\n.`), 'limit'],
    ['letters for a number', pickle('Ix\n.'), 'corrupt'],
    ['an unquoted string', pickle('Sabc\n.'), 'corrupt'],
    ['a line without an end', pickle('Iabc'), 'truncated'],
    ['an unknown opcode', pickle(0xfe, '.'), 'corrupt'],
    ['protocol 6', pickle(0x80, 6, 'N.'), 'unsupported'],
    ['a name by number', pickle(0x82, 1, '.'), 'unsupported'],
    ['a buffer from elsewhere', pickle(0x97, '.'), 'corrupt'],
    ['SETITEM on a list', pickle(']NNs.'), 'corrupt'],
    ['SETITEM on a number', pickle('K\x01NNs.'), 'corrupt'],
    ['a key without a value', pickle('}(Nu.'), 'corrupt'],
    ['APPEND to a tuple', pickle(')Na.'), 'corrupt'],
    ['APPEND to a dict', pickle('}Na.'), 'corrupt'],
    ['arguments that are a list', pickle('ccollections\nOrderedDict\n]R.'), 'corrupt'],
    ['a call of a number', pickle('K\x01)R.'), 'corrupt'],
    ['attributes of a number', pickle('K\x01}b.'), 'corrupt'],
    ['a name that is a number', pickle('K\x01K\x01', 0x93, '.'), 'corrupt'],
    ['OBJ without a class', pickle('(o.'), 'corrupt']
  ])('%s', (_, bytes, code) => {
    expect(codeOf(bytes)).toBe(code)
  })

  test('limits hold on what costs little to write and much to keep', () => {
    const before = process.memoryUsage().rss
    // processor time: wall time grows with whatever else the machine is doing
    const start = process.cpuUsage()
    expect(codeOf(pickle('}'.repeat(2_000_000), '.'))).toBe('limit')
    expect(codeOf(pickle('N', '2'.repeat(4_000_000), '.'))).toBe('limit')
    // one list of 100,000 made a set 100,000 times
    const list = `](${'N'.repeat(100_000)}e`
    expect(codeOf(pickle(list, 0x85, 'q\x000', 'cbuiltins\nset\nh\x00R0'.repeat(100_000), '.'))).toBe('limit')
    expect(process.cpuUsage(start).user / 1000, 'milliseconds').toBeLessThan(6000)
    expect(process.memoryUsage().rss - before).toBeLessThan(512 * 2 ** 20)
  })

  test('any bytes give a value or a StudioError', () => {
    const opcodes = fc.constantFrom(
      ...Buffer.from(
        '(.012FGIJKLMNPQRSTUVXabcdeghijloprstu)]}BC\x80\x81\x82\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8f\x90\x91\x92\x93\x94\x95',
        'latin1'
      )
    )
    const bytes = fc.array(fc.oneof({ weight: 5, arbitrary: opcodes }, fc.nat(255)), { maxLength: 300 })
    fc.assert(
      fc.property(bytes, (program) => {
        expect(typeof codeOf(Uint8Array.from(program))).toBe('string')
      }),
      { numRuns: 5000 }
    )
  })
})
