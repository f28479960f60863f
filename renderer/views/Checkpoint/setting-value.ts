import type { Fact, Overrides } from '#models/architectures/architecture'

/** What a user writes, as the kind of value that the setting has; anything else goes to the engine, which says what is wrong. */
export function writtenValue(text: string, like: Fact['value'] | undefined): Overrides[string] {
  const trimmed = text.trim()
  if (typeof like === 'string') return trimmed
  const isList = typeof like === 'object' || (like === undefined && trimmed.includes(','))
  if (isList) {
    return trimmed
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(Number)
  }
  return trimmed !== '' && Number.isFinite(Number(trimmed)) ? Number(trimmed) : trimmed
}
