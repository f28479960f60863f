import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readJsonObject, readList } from './lists'

describe('lists of the command line', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'denseclip-lists-'))
  })
  async function file(name: string, text: string): Promise<string> {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }

  it('splits at commas and keeps the spaces of a name', async () => {
    expect(await readList('wall,traffic light,bed ')).toEqual(['wall', 'traffic light', 'bed '])
  })

  it('reads a file with one name a line, whatever ends the lines', async () => {
    const path = await file('classes.txt', '\ufeffbed \r\nroad, wet\r\n\r\nsky\n')
    expect(await readList(`@${path}`)).toEqual(['bed ', 'road, wet', '', 'sky'])
    expect(await readList(`@file:${path}`)).toHaveLength(4)
  })

  it('names a file that is missing or empty', async () => {
    await expect(readList('@nowhere.txt')).rejects.toThrow('nowhere.txt: it cannot be read')
    const empty = await file('empty.txt', '')
    await expect(readList(`@${empty}`)).rejects.toThrow('empty.txt: it is empty')
  })

  it('reads a JSON object and nothing else', async () => {
    expect(await readJsonObject(await file('a.json', '{"heads": 4}'))).toEqual({ heads: 4 })
    expect(await readJsonObject(`@file:${await file('a.json', '{"heads": 4}')}`)).toEqual({ heads: 4 })
    await expect(readJsonObject(await file('b.json', '{heads: 4}'))).rejects.toThrow('b.json: it is no JSON')
    await expect(readJsonObject(await file('c.json', '[1]'))).rejects.toThrow('c.json: it should hold one JSON object')
  })
})
