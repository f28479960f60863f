/*
 * Class names of different models, matched. Data sets write the same class in their own ways (“traffic light”,
 * “traffic_light”, “Traffic-Light”), and nothing else tells two models' classes to be the same.
 */

/** What is the same for all spellings of a name: case, hyphens, underscores and spaces count for nothing. */
export function classKey(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .trim()
}

/** Where a class stands in a list: the very name first, else another spelling of it; undefined where it is not there. */
export function indexOfClass(classes: readonly string[], name: string | undefined): number | undefined {
  if (name === undefined) return undefined
  const exact = classes.indexOf(name)
  if (exact >= 0) return exact
  const key = classKey(name)
  const index = classes.findIndex((other) => classKey(other) === key)
  return index < 0 ? undefined : index
}

/** Whether two lists name the same classes at the same places. */
export function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => classKey(name) === classKey(other[index] ?? ''))
}
