import { resolve } from 'node:path'

/**
 * The files among the words of a command line, made absolute against `workingFolder`. When the app runs from its
 * sources, the words up to the app's own folder are Electron's.
 */
export function pathsOfArguments(words: readonly string[], workingFolder: string, appFolder?: string): string[] {
  const own = appFolder === undefined ? 0 : words.findIndex((word) => resolve(workingFolder, word) === appFolder)
  return words
    .slice(own + 1)
    .filter((word) => !word.startsWith('-'))
    .map((word) => resolve(workingFolder, word))
}
