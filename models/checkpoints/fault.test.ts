import { describe, expect, test } from 'vitest'
import { failIn, quoted } from './fault'

describe('messages about files', () => {
  test('name the file, the problem and what to do', () => {
    const error = failIn('a.pth')('truncated', 'it ends in the middle', { entry: 'data/3' })
    expect(error.message).toBe('a.pth: it ends in the middle. Download or copy it again.')
    expect(error).toMatchObject({ code: 'truncated', file: 'a.pth', entry: 'data/3' })
  })

  test('stay on one line and in their direction, whatever a name holds', () => {
    const error = failIn('a\nb\u202ecod.pth')('corrupt', 'it is broken')
    expect(error.message.startsWith('a�b�cod.pth: it is broken.')).toBe(true)
    expect(error.file).toBe('a\nb\u202ecod.pth')
    expect(quoted('x\u2028\0')).toBe('“x��”')
    expect(quoted('체크포인트 👩‍🔬')).toBe('“체크포인트 👩‍🔬”')
    expect(quoted('y'.repeat(100))).toBe(`“${'y'.repeat(80)}…”`)
  })
})
