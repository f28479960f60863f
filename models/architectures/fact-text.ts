import type { Fact } from './architecture'

/** The value of a fact as people read it: lists with commas. */
export function factText(value: Fact['value']): string {
  return typeof value === 'object' ? value.join(', ') : String(value)
}
