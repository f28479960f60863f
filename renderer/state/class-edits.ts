/** A class list and which of it is chosen, after an edit; the chosen class stays the chosen one wherever it moves. */
export interface EditedClasses {
  readonly classes: readonly string[]
  readonly chosen: number
}

export type ClassEdit =
  | { readonly kind: 'add'; readonly name: string }
  | { readonly kind: 'rename'; readonly index: number; readonly name: string }
  | { readonly kind: 'remove'; readonly index: number }
  | { readonly kind: 'move'; readonly from: number; readonly to: number }

/** An added class becomes the chosen one, since it is what the user wants to see next. */
export function editClasses(classes: readonly string[], chosen: number, edit: ClassEdit): EditedClasses {
  switch (edit.kind) {
    case 'add':
      return { classes: [...classes, edit.name], chosen: classes.length }
    case 'rename':
      return { classes: classes.with(edit.index, edit.name), chosen }
    case 'remove': {
      const left = classes.toSpliced(edit.index, 1)
      const shifted = chosen > edit.index ? chosen - 1 : chosen
      return { classes: left, chosen: Math.max(0, Math.min(shifted, left.length - 1)) }
    }
    case 'move': {
      const name = classes[edit.from]
      if (name === undefined) return { classes, chosen }
      const moved = classes.toSpliced(edit.from, 1).toSpliced(edit.to, 0, name)
      const order = classes.map((_, index) => index)
      const newOrder = order.toSpliced(edit.from, 1).toSpliced(edit.to, 0, edit.from)
      return { classes: moved, chosen: newOrder.indexOf(chosen) }
    }
  }
}
