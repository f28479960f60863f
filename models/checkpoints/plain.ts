import type { Plain, PlainDict, StoredTensor, UnknownObject } from './checkpoint'

/* Which kind of Plain a value is. Lists and tuples are both arrays; tuples are frozen. */

export function isStoredTensor(value: Plain | undefined): value is StoredTensor {
  return typeof value === 'object' && value !== null && 'readRows' in value
}

export function isPlainDict(value: Plain | undefined): value is PlainDict {
  return value instanceof Map
}

export function isPlainList(value: Plain | undefined): value is readonly Plain[] {
  return Array.isArray(value)
}

export function isUnknownObject(value: Plain | undefined): value is UnknownObject {
  return typeof value === 'object' && value !== null && 'unknownClass' in value
}

/** A dict of a pickle while it is built. Its own class, so that `instanceof` tells the type of its values. */
export class Dict extends Map<string, Plain> {}

/** The text that stands for a key of a Python dict: text as it is, anything else as Python would show it. */
export function keyText(key: Plain): string {
  if (typeof key === 'string') return key
  if (key === null) return 'None'
  if (typeof key === 'boolean') return key ? 'True' : 'False'
  if (typeof key === 'number' || typeof key === 'bigint') return String(key)
  // tuples may hold tuples without end: one level is enough for (row, column)
  if (isPlainList(key)) {
    const parts = key.slice(0, 16).map((part) => (isPlainList(part) ? '…' : keyText(part).slice(0, 80)))
    return `(${parts.join(', ')})`
  }
  if (key instanceof Uint8Array) return `b[${key.length}]`
  return isUnknownObject(key) ? `<${key.unknownClass}>` : '<object>'
}
