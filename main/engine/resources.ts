import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { StudioError } from '#models/errors'
import { createTokenizer, type Tokenizer } from '#models/text/tokenizer'

const TEMPLATES = join('prompt-templates', 'templates.txt')
const VOCABULARY = join('clip-vocabulary', 'merges.txt.gz')

/** Bundled and unbundled code lie at different depths, and a packaged app has its resources beside itself. */
function findResource(name: string): string {
  const candidates: string[] = []
  if ('resourcesPath' in process && typeof process.resourcesPath === 'string') {
    candidates.push(join(process.resourcesPath, name))
  }
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    candidates.push(join(folder, 'resources', name))
    if (folder === dirname(folder)) break
  }
  const found = candidates.find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new StudioError('engine', `The file ${name} of the studio is missing: install it again.`)
}

let templates: Promise<readonly string[]> | undefined

/** The templates that names are put into where the user gives none. */
export function promptTemplates(): Promise<readonly string[]> {
  templates ??= (async () => (await readFile(findResource(TEMPLATES), 'utf8')).trimEnd().split('\n'))()
  return templates
}

let tokenizer: Promise<Tokenizer> | undefined

/** CLIP's tokenizer; read when words are encoded for the first time. */
export function clipTokenizer(): Promise<Tokenizer> {
  tokenizer ??= (async () => createTokenizer(await promisify(gunzip)(await readFile(findResource(VOCABULARY)))))()
  return tokenizer
}
