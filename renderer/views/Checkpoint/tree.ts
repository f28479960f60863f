import type { Key } from './entries'

/** A branch holds what begins with its path and a dot; a leaf is a key. */
export interface TreeNode {
  /** the whole name up to here */
  readonly path: string
  /** the part of it that is not its parent's; several parts where nothing branches off between them */
  readonly label: string
  readonly key: Key | undefined
  readonly children: readonly TreeNode[]
  /** tensors at and below it */
  readonly tensors: number
  readonly parameters: number
  readonly bytes: number
}

/** A line of the tree as it is shown. */
export interface TreeRow {
  readonly node: TreeNode
  readonly depth: number
  readonly isOpen: boolean
}

interface Draft {
  readonly children: Map<string, Draft>
  keys: Key[]
}

/** Keys split at their dots, in the order in which each part comes first. */
export function treeOf(keys: readonly Key[]): readonly TreeNode[] {
  const root: Draft = { children: new Map(), keys: [] }
  for (const key of keys) {
    let at = root
    for (const part of key.name.split('.')) {
      let next = at.children.get(part)
      if (!next) at.children.set(part, (next = { children: new Map(), keys: [] }))
      at = next
    }
    at.keys.push(key)
  }
  return nodesOf(root, '')
}

function nodesOf(draft: Draft, prefix: string): TreeNode[] {
  return [...draft.children].flatMap(([part, child]) => {
    const path = prefix + part
    const leaves = child.keys.map((key): TreeNode => {
      const { parameters, bytes } = key
      return { path, label: part, key, children: [], tensors: key.stored ? 1 : 0, parameters, bytes }
    })
    const children = nodesOf(child, `${path}.`)
    if (children.length === 0) return leaves
    const [only] = children
    const branch: TreeNode =
      children.length === 1 && only && !only.key
        ? { ...only, label: `${part}.${only.label}` }
        : { path, label: part, key: undefined, children, ...sumOf(children) }
    return [...leaves, branch]
  })
}

function sumOf(nodes: readonly TreeNode[]): Pick<TreeNode, 'tensors' | 'parameters' | 'bytes'> {
  const sum = (of: (node: TreeNode) => number): number => nodes.reduce((total, node) => total + of(node), 0)
  return {
    tensors: sum((node) => node.tensors),
    parameters: sum((node) => node.parameters),
    bytes: sum((node) => node.bytes)
  }
}

/** The lines in sight: below open branches, or all of them. */
export function rowsOf(nodes: readonly TreeNode[], isOpen: (path: string) => boolean, depth = 0): TreeRow[] {
  return nodes.flatMap((node) => {
    const open = node.key === undefined && isOpen(node.path)
    return [{ node, depth, isOpen: open }, ...(open ? rowsOf(node.children, isOpen, depth + 1) : [])]
  })
}
