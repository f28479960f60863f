import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { StudioError } from '#models/errors'

/** `@NAME` and `@file:NAME` stand for what is in a file. */
const FROM_FILE = /^@(?:file:)?(.+)$/s

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const file = basename(path)
    throw new StudioError(
      'unreadable',
      `${file}: it cannot be read. Check that it is there and that you may read it.`,
      {
        file,
        cause
      }
    )
  }
}

/**
 * A list given on the command line: 'a,b,c', or '@NAME' (also '@file:NAME') for a file with one entry a line. Spaces
 * belong to the entries: ADE20K has a class 'bed '. Throws a StudioError where the file can't be read or is empty.
 */
export async function readList(value: string): Promise<string[]> {
  const path = FROM_FILE.exec(value)?.[1]
  if (path === undefined) return value.split(',')
  const lines = (await readText(path)).replace(/^\ufeff/, '').split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  if (lines.length === 0) throw new StudioError('invalid', `${basename(path)}: it is empty. Write one entry a line.`)
  return lines
}

/** The path of a file that an option names, with or without '@' or '@file:' before it. */
export function pathOf(value: string): string {
  return FROM_FILE.exec(value)?.[1] ?? value
}

/** A JSON object from a file; a leading '@' or '@file:' is taken off. Throws a StudioError where it is none. */
export async function readJsonObject(value: string): Promise<Record<string, unknown>> {
  const path = pathOf(value)
  const file = basename(path)
  const text = await readText(path)
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new StudioError('invalid', `${file}: it is no JSON (${cause instanceof Error ? cause.message : ''}).`, {
      file
    })
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new StudioError('invalid', `${file}: it should hold one JSON object.`, { file })
  }
  return parsed as Record<string, unknown>
}
