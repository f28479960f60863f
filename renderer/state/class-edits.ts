/** A class list and the chosen one after an edit. */
export interface EditedClasses {
  readonly classes: readonly string[]
  readonly chosen: string | undefined
}

export type ClassEdit =
  | { readonly kind: 'add'; readonly name: string }
  | { readonly kind: 'rename'; readonly index: number; readonly name: string }
  | { readonly kind: 'remove'; readonly index: number }
  | { readonly kind: 'move'; readonly from: number; readonly to: number }

/**
 * An added class becomes the chosen one, since it is what the user wants to see next; a renamed one stays chosen; where
 * the chosen one is removed, its successor takes its place.
 */
export function editClasses(classes: readonly string[], chosen: string | undefined, edit: ClassEdit): EditedClasses {
  switch (edit.kind) {
    case 'add':
      return { classes: [...classes, edit.name], chosen: edit.name }
    case 'rename':
      return {
        classes: classes.with(edit.index, edit.name),
        chosen: classes[edit.index] === chosen ? edit.name : chosen
      }
    case 'remove': {
      const left = classes.toSpliced(edit.index, 1)
      return { classes: left, chosen: classes[edit.index] === chosen ? (left[edit.index] ?? left.at(-1)) : chosen }
    }
    case 'move': {
      const name = classes[edit.from]
      if (name === undefined) return { classes, chosen }
      return { classes: classes.toSpliced(edit.from, 1).toSpliced(edit.to, 0, name), chosen }
    }
  }
}

/**
 * The list as a decoder takes it: its inputs and outputs are tied to places, so every name that it was trained on stands
 * at its own, however the list was moved about, and new names take the places left, in order. A list of another length,
 * which no decoder takes, stays as it is.
 */
export function trainedOrder(trained: readonly string[], classes: readonly string[]): readonly string[] {
  if (classes.length !== trained.length) return classes
  const known = new Set(trained)
  const added = classes.filter((name) => !known.has(name))
  return trained.map((name) => (classes.includes(name) ? name : (added.shift() ?? name)))
}

/** Why a name cannot stand in the list (beside the class at `index` that it is for), or undefined. */
export function nameFault(
  classes: readonly string[],
  name: string,
  index: number | undefined
): 'empty' | 'twice' | undefined {
  if (name.trim() === '') return 'empty'
  return classes.some((other, at) => at !== index && other === name) ? 'twice' : undefined
}
