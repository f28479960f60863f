#!/usr/bin/env node
// Writes THIRD-PARTY-NOTICES: what the studio ships that others made, and on which terms.
//
//   node scripts/notices.mjs           writes the file
//   node scripts/notices.mjs --check   fails where the file is not what would be written
//
// Packages are found from package.json, what the sources import, and what those packages depend on in turn.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FILE = 'THIRD-PARTY-NOTICES'
const SHIPPED_SOURCES = ['main', 'models', 'renderer']
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"](@[\w.-]+\/[\w.-]+|[a-z][\w.-]*)(?:\/[^'"]*)?['"]/g
const LICENCE_FILE = /^(licen[cs]e|copying|notice|ofl)(\.|-|$)/i
/** Comes with licences of its own beside the program, which packaging leaves there. */
const ELECTRON = 'electron'

const MIT_TERMS = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`

/** Whose packages carry no licence text. */
const COPYRIGHT_OF_MIT = {
  'onnxruntime-node': 'Copyright (c) Microsoft Corporation',
  'onnxruntime-common': 'Copyright (c) Microsoft Corporation'
}

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))

function sourceFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => /\.(ts|svelte)$/.test(name) && !/\.(test|d)\.ts$/.test(name))
    .map((name) => join(folder, name))
}

/** Names of the packages that are shipped as they are, and of those that the shipped sources import. */
function shippedPackages() {
  const { dependencies, devDependencies } = readJson('package.json')
  const names = new Set(Object.keys(dependencies))
  for (const file of SHIPPED_SOURCES.flatMap(sourceFiles)) {
    for (const [, name] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      if (name in devDependencies && name !== ELECTRON) names.add(name)
    }
  }
  return names
}

/** The folder of `name` as code in `from` would find it. */
function packageFolder(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name)
    if (existsSync(join(found, 'package.json'))) return found
    if (folder === dirname(folder)) return undefined
  }
}

/** Every package that those of `names` need when they run, by name and version, with its folder. */
function closure(names) {
  const found = new Map()
  const visit = (name, from) => {
    const folder = packageFolder(name, from)
    if (!folder) throw new Error(`${name} is not installed: run npm ci`)
    const { version, license, dependencies = {} } = readJson(join(folder, 'package.json'))
    const key = `${name} ${version}`
    if (found.has(key)) return
    found.set(key, { name, folder, license })
    for (const dependency of Object.keys(dependencies)) visit(dependency, folder)
  }
  for (const name of names) visit(name, '.')
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1))
}

function licenceText({ name, folder }) {
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file))
  if (files.length > 0) return files.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n')
  const copyright = COPYRIGHT_OF_MIT[name]
  return copyright && `${copyright}\n\n${MIT_TERMS}`
}

/** Binaries for each system, of which an installation has one: by what they are of, with version and terms. */
function prebuiltBinaries() {
  const groups = { '@img/sharp-libvips-': [], '@img/sharp-': [], '@resvg/resvg-js-': [] }
  for (const [path, entry] of Object.entries(readJson('package-lock.json').packages)) {
    const name = path.replace(/^node_modules\//, '')
    const prefix = Object.keys(groups).find((start) => name.startsWith(start))
    if (prefix && !name.includes('/node_modules/')) groups[prefix].push(`${name} ${entry.version} (${entry.license})`)
  }
  return Object.values(groups).flat().sort()
}

const section = (title, body) => `${'='.repeat(100)}\n${title}\n${'='.repeat(100)}\n\n${body.trim()}\n`

function notices() {
  const packages = closure(shippedPackages()).map(([key, found]) => {
    return { title: `${key} (${found.license})`, text: licenceText(found) }
  })
  const silent = packages.filter(({ text }) => !text).map(({ title }) => title)
  const told = new Map()
  for (const { title, text } of packages) {
    if (text) told.set(text, [...(told.get(text) ?? []), title])
  }
  const fonts = readdirSync('resources/fonts')
    .filter((name) => name.endsWith('-OFL.txt'))
    .sort()

  return [
    'DenseCLIP Studio is under the MIT licence (LICENSE). It ships what follows, on the terms that follow.\n',
    section('Electron', 'Electron and Chromium: LICENSE.electron.txt and LICENSES.chromium.html, beside the program.'),
    section(
      'Prebuilt binaries, of which an installation has those for its system',
      `${prebuiltBinaries().join('\n')}

libvips and the libraries in it are under the GNU Lesser General Public License, version 3 or later, and others that
the README of each package lists; the texts are in resources/licences. It is a shared library that can be replaced:
in a packaged app it lies in app.asar.unpacked/node_modules/@img. Its sources: https://github.com/lovell/sharp-libvips

resvg-js is under the Mozilla Public License 2.0 (its text is below). Its sources, unchanged here:
https://github.com/yisibl/resvg-js`
    ),
    ...fonts.map((name) =>
      section(`Font ${name.replace('-OFL.txt', '')}`, readFileSync(join('resources/fonts', name), 'utf8'))
    ),
    section(
      'The vocabulary of CLIP',
      readFileSync('resources/clip-vocabulary/README.md', 'utf8').replace(/^# .*\n/, '')
    ),
    section(
      'The prompt templates of CLIP and MaskCLIP',
      readFileSync('resources/prompt-templates/README.md', 'utf8').replace(/^# .*\n/, '')
    ),
    section(
      'Scientific colour maps: vik, roma',
      `Copyright (c) 2021, Fabio Crameri\n\n${MIT_TERMS}\n\nhttps://zenodo.org/record/5501399`
    ),
    ...[...told].map(([text, titles]) => section(titles.join('\n'), text)),
    ...(silent.length > 0 ? [section('Packages that carry no text of their licence', `${silent.join('\n')}`)] : [])
  ].join('\n')
}

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))))
const text = notices()
if (!process.argv.includes('--check')) writeFileSync(FILE, text)
else if (!existsSync(FILE) || readFileSync(FILE, 'utf8') !== text) {
  console.error(`${FILE} is not what is shipped now: run \`node scripts/notices.mjs\`.`)
  process.exitCode = 1
}
