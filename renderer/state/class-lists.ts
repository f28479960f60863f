import type { ModelInfo } from '#models/api'
import type { ModelChoice } from './choices'

/*
 * Which list of classes a model answers for. In this order:
 *   1. the names chosen for it (choice.classes)
 *   2. those of its checkpoint
 *   3. where it holds K text embeddings without names: class 1 … class K
 *   4. where it takes any words: the list of the first open model that has one by 1 or 2
 * So CLIP and MaskCLIP follow DenseCLIP beside them, and model A's list is edited for all that have none of their own.
 * A list of another length than such a model was made for (3, or contexts of CoOp for each class) does not count.
 */

type Chosen = Pick<ModelChoice, 'classes'>

/** Whether it compares the picture with words: encoded, or stored as embeddings. */
export function comparesWords({ tensors }: ModelInfo): boolean {
  return tensors.some(({ kind }) => kind === 'text-embedding')
}

/** How many names it has to be given, in the order it was made for; undefined where it has its own or takes any. */
export function namesNeeded({ classBound, classes }: ModelInfo): number | undefined {
  const isBound = classBound?.tensors.includes('text_embedding') ?? false
  return isBound && classes.length === 0 ? classBound?.classes : undefined
}

/** Its list by 1 or 2, which others may take over. */
export function listOf({ classes: chosen }: Chosen, info: ModelInfo | undefined): readonly string[] | undefined {
  const needed = info && namesNeeded(info)
  if (chosen !== undefined && (needed === undefined || chosen.length === needed)) return chosen
  return info && info.classes.length > 0 ? info.classes : undefined
}

/** Its list by 3. */
export function numberedClasses(info: ModelInfo | undefined): readonly string[] | undefined {
  const needed = info && namesNeeded(info)
  if (needed === undefined || info?.nameTokens !== undefined) return undefined
  return Array.from({ length: needed }, (_, index) => `class ${index + 1}`)
}

/** Whether 4 is for it. */
export function takesAnyList(info: ModelInfo): boolean {
  return comparesWords(info) && namesNeeded(info) === undefined
}

/** The names in a text, one a line, or separated by commas where it is one line. ADE20K has a class “bed ”: lines keep it. */
export function namesIn(text: string): readonly string[] {
  const isLines = /\r?\n/.test(text.trim())
  const parts = isLines
    ? text.split(/\r?\n/).map((line) => line.trimStart())
    : text.split(',').map((part) => part.trim())
  return parts.filter((name) => name !== '')
}

/** One that comes twice, if any: a class is known by its name. */
export function repeatedName(names: readonly string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) < index)
}
