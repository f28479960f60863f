import { StudioError } from '../errors'

const PLACE = '{}'

/** A template with the name in its place. Throws a StudioError `invalid` where it has no place, or several. */
export function filledTemplate(template: string, name: string): string {
  const [before, after, ...more] = template.split(PLACE)
  if (before === undefined || after === undefined || more.length > 0) {
    throw new StudioError('invalid', `The template “${template}” needs ${PLACE} once, where the name goes.`)
  }
  return before + name + after
}

/**
 * A name under several templates as one embedding, as CLIP's zero-shot classifiers have it: the mean of the normalised
 * embeddings, normalised again.
 */
export function meanDirection(embeddings: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const sum = new Float64Array(embeddings[0]?.length ?? 0)
  for (const embedding of embeddings) {
    const norm = lengthOf(embedding)
    for (const [i, value] of embedding.entries()) sum[i] = (sum[i] ?? 0) + value / norm
  }
  // their number drops out
  const norm = lengthOf(sum)
  return Float32Array.from(sum, (value) => value / norm)
}

function lengthOf(values: Float32Array | Float64Array): number {
  let squares = 0
  for (const value of values) squares += value ** 2
  return Math.sqrt(squares)
}
