import fc from 'fast-check'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openFile } from '../../main/files'
import type { Plain } from './checkpoint'
import { readCheckpoint } from './index'
import { isPlainDict } from './plain'
import { parsePythonConfig, parsePythonLiteral } from './python-literal'

const GOLDEN = join(import.meta.dirname, '../../../shared/golden')

const dict = (entries: Record<string, unknown>): Map<string, unknown> => new Map(Object.entries(entries))

describe('literals', () => {
  test.each<[string, unknown]>([
    ['1', 1],
    ['-1.5e-3', -0.0015],
    ['+7', 7],
    ['1_000', 1000],
    ['(3L, -4L)', [3, -4]],
    ['.5', 0.5],
    ['5.', 5],
    ['123456789012345678901', 123456789012345678901n],
    ['True', true],
    ['None', null],
    [`'a\\'b\\n\\x41\\u00e9\\N'`, "a'b\nAé\\N"],
    [`"a" 'b'`, 'ab'],
    [`'a' + "b"`, 'ab'],
    [`r'\\d'`, '\\d'],
    [`'''a\n'b'''`, "a\n'b"],
    ['()', []],
    ['(1)', 1],
    ['(1,)', [1]],
    ['(1, (2, 3))', [1, [2, 3]]],
    ['[1, 2,\n 3, ]', [1, 2, 3]],
    [`{'a': 1, 2: [None]}`, dict({ a: 1, 2: [null] })],
    ['{1, 2}', [1, 2]],
    ['{}', new Map()],
    [`dict(type='X', n=dict())`, dict({ type: 'X', n: new Map() })],
    ['[1, # one\n 2]', [1, 2]]
  ])('%s', (text, value) => {
    expect(parsePythonLiteral(text)).toEqual(value)
  })

  test.each(
    [
      ['', '1 2', '1,', '(1', '[1', '{1: 2', '[1)', `'a`, `f'a'`, 'x', 'print(1)', '1 + 2', '__import__("os")', '1j'],
      ['lambda: 0', '[x for x in y]', '[].a', `'a'.join('b')`, '3.4.5', '0x', 'dict(1)']
    ].flat()
  )('%s is none', (text) => {
    expect(parsePythonLiteral(text)).toBeUndefined()
  })

  test('tuples are frozen, lists are not', () => {
    expect(Object.isFrozen(parsePythonLiteral('(1, 2)'))).toBe(true)
    expect(Object.isFrozen(parsePythonLiteral('[1, 2]'))).toBe(false)
  })
})

describe('configurations', () => {
  test('what is no literal keeps its text, and what is around it is read', () => {
    const config = parsePythonConfig(
      [
        '/home/me/configs/x.py',
        'import os',
        `norm = dict(type='BN', eps=1e-5)`,
        'model = dict(',
        `    type='A',  # the (first`,
        '    norm=norm,',
        '    ids=range(0, 1),',
        `    path=os.path.join('a', "b)"),`,
        '    sizes=[2 * 8, 3],',
        `    f=lambda x: {'y': x},`,
        '    **extra,',
        '    last=(1, 2))',
        'gpu_ids = range(0, 1)',
        `model.type = 'B'`,
        'if x == 1:',
        '    y = 2',
        'text = "a" \\',
        '    "b"; seed = None',
        'pair = 1, 2'
      ].join('\n')
    )
    const model = config.get('model')
    expect(model).toEqual(
      dict({
        type: 'A',
        norm: dict({ type: 'BN', eps: 1e-5 }),
        ids: { unknownClass: 'range(0, 1)' },
        path: { unknownClass: `os.path.join('a', "b)")` },
        sizes: [{ unknownClass: '2 * 8' }, 3],
        f: { unknownClass: `lambda x: {'y': x}` },
        last: [1, 2]
      })
    )
    expect(config.get('gpu_ids')).toEqual({ unknownClass: 'range(0, 1)' })
    expect(config.get('text')).toBe('ab')
    expect(config.get('pair')).toEqual({ unknownClass: '1, 2' })
    expect([...config.keys()]).toEqual(['norm', 'model', 'gpu_ids', 'y', 'text', 'pair'])
  })

  test('a text that ends early gives what was read', () => {
    const config = parsePythonConfig(`a = 1\nmodel = dict(type='A', heads=[1, 2`)
    expect(config.get('model')).toEqual(dict({ type: 'A', heads: [1, 2] }))
  })

  test('names of JavaScript’s own are names like any other', () => {
    const config = parsePythonConfig(`__proto__ = dict(polluted=True, constructor=1)\nx = toString`)
    expect(config.get('__proto__')).toEqual(dict({ polluted: true, constructor: 1 }))
    expect(config.get('x')).toEqual({ unknownClass: 'toString' })
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('any text ends, in time that grows with its length', () => {
    const pieces = fc.constantFrom(
      ...[
        'a = ',
        'dict(',
        '(',
        ')',
        '[',
        ']',
        '{',
        '}',
        ':',
        ',',
        '=',
        '\n',
        ';',
        '#',
        "'",
        '"',
        "'''",
        '\\',
        '+',
        '-'
      ],
      ...['1', '.', 'e', '_', 'f', 'r', 'None', ' ', 'x']
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 200 }), (parts) => {
        parsePythonConfig(parts.join(''))
        parsePythonLiteral(parts.join(''))
      }),
      { numRuns: 2000 }
    )
    for (const hard of ['(', '[(', `'''\\`, `"`, '{1:', 'dict(a=', '1_', '-', 'a = (', '#\n', '\\\n', "f'"]) {
      const startMs = performance.now()
      const text = `a = ${hard.repeat(100_000)}`
      parsePythonConfig(text)
      parsePythonLiteral(text)
      expect(performance.now() - startMs, hard).toBeLessThan(2000)
    }
  })

  test('deep nesting stays a placeholder', () => {
    const config = parsePythonConfig(`a = ${'['.repeat(500)}1${']'.repeat(500)}\nb = 2`)
    expect(config.get('b')).toBe(2)
  })
})

describe.skipIf(!existsSync(GOLDEN))('configurations of golden checkpoints (needs ../shared)', () => {
  const at = (plain: Plain | undefined, ...keys: string[]): Plain | undefined =>
    keys.reduce((inner, key) => (isPlainDict(inner) ? inner.get(key) : undefined), plain)

  async function configOf(folder: string): Promise<ReadonlyMap<string, Plain>> {
    const file = await openFile(join(GOLDEN, folder, 'checkpoint.pth'))
    const { extras } = await readCheckpoint(file)
    await file.close()
    const text = at(extras.get('meta'), 'config')
    return parsePythonConfig(String(text))
  }

  test.each([
    ['denseclip-rn', 'backbone', 'CLIPResNetWithAttention'],
    ['denseclip-rn-odd', 'backbone', 'CLIPResNetWithAttention'],
    ['denseclip-rn-published', 'backbone', 'CLIPResNetWithAttention'],
    ['denseclip-detection', 'backbone', 'CLIPResNetWithAttention'],
    ['denseclip-vit', 'backbone', 'CLIPVisionTransformer'],
    ['denseclip-vit-published', 'backbone', 'CLIPVisionTransformer'],
    ['rn-tiny', 'backbone', 'CLIPResNetWithAttention'],
    ['vit-tiny', 'backbone', 'CLIPVisionTransformer']
  ])('%s', async (folder, part, type) => {
    const config = await configOf(folder)
    expect(at(config.get('model'), part, 'type')).toBe(type)
    expect(typeof at(config.get('model'), 'context_decoder', 'transformer_heads')).toBe('number')
  })

  test('the published ones are read to their end', async () => {
    for (const folder of ['denseclip-rn-published', 'denseclip-vit-published']) {
      const config = await configOf(folder)
      expect(at(config.get('model'), 'test_cfg', 'crop_size')).toEqual(folder.includes('rn') ? [512, 512] : [640, 640])
      expect(config.get('gpu_ids')).toEqual({ unknownClass: 'range(0, 1)' })
      expect(config.get('seed')).toBe(null)
      expect(at(config.get('optimizer'), 'paramwise_cfg', 'custom_keys', 'norm', 'decay_mult')).toBe(0)
    }
  })
})
