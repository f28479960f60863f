import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Architecture } from './architecture'
import { ARCHITECTURES } from './index'

function isArchitecture(value: unknown): value is Architecture {
  return typeof value === 'object' && value !== null && 'name' in value && 'detect' in value
}

describe('the registry of systems', () => {
  it('has every architecture that a file of this folder exports', async () => {
    const files = readdirSync(import.meta.dirname).filter((name) => /^(?!index\.).*(?<!\.test)\.ts$/.test(name))
    const exported: Architecture[] = []
    for (const file of files) {
      const module = (await import(join(import.meta.dirname, file))) as Record<string, unknown>
      exported.push(...Object.values(module).filter(isArchitecture))
    }
    expect(exported.length).toBeGreaterThan(0)
    expect(new Set(exported)).toEqual(new Set<Architecture>(ARCHITECTURES))
  })

  it('calls each by a name of its own', () => {
    expect(new Set(ARCHITECTURES.map(({ name }) => name)).size).toBe(ARCHITECTURES.length)
  })
})
