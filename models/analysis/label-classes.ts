import { IGNORED_LABEL } from './cross-entropy'

/**
 * Where the labels of a checkpoint's own classes stand in a list that was edited: the index in `classes` of each name
 * of `own`. A name that was replaced where it stood is that place's new name; one that was taken out is ignored.
 */
export function labelTargets(own: readonly string[], classes: readonly string[]): number[] {
  const known = new Set(own)
  return own.map((name, label) => {
    const index = classes.indexOf(name)
    if (index >= 0) return index
    const inItsPlace = classes[label]
    return inItsPlace !== undefined && !known.has(inItsPlace) ? label : IGNORED_LABEL
  })
}

/** Labels as indices of an edited list, by `labelTargets`; those beyond the own classes stay as they are. */
export function relabelled(labels: Uint16Array, targets: readonly number[]): Uint16Array {
  return targets.every((target, label) => target === label)
    ? labels
    : labels.map((label) => (label === IGNORED_LABEL ? label : (targets[label] ?? label)))
}
