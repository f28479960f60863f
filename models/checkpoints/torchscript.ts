import type { Plain } from './checkpoint'
import type { Fail } from './fault'
import { UnknownInstance } from './pickle-objects'
import { Dict, isPlainDict, isStoredTensor } from './plain'

/** CLIP ViT-L has modules eight deep. */
const MAX_MODULE_DEPTH = 64
/** A module may be held under several names, and so may its parts: names could multiply without end. */
const MAX_NAMES = 200_000

/**
 * The tensors of a TorchScript module (its parameters, buffers and tensor attributes) under their names, joined by dots.
 * The module's code is in other files of the archive, which are not read.
 */
export function moduleTensors(root: Plain, fail: Fail): Plain {
  if (!(root instanceof UnknownInstance)) throw fail('not-a-model', 'its TorchScript archive holds no module')
  const tensors = new Dict()
  const open: { module: UnknownInstance; prefix: string; depth: number }[] = [{ module: root, prefix: '', depth: 0 }]
  let names = 0
  for (let next = open.pop(); next; next = open.pop()) {
    const { module, prefix, depth } = next
    if (!isPlainDict(module.state)) continue
    if (depth > MAX_MODULE_DEPTH) throw fail('limit', `its modules are nested more than ${MAX_MODULE_DEPTH} deep`)
    const children: typeof open = []
    for (const [key, value] of module.state) {
      if (++names > MAX_NAMES) throw fail('limit', `it has more than ${MAX_NAMES} attributes`)
      if (isStoredTensor(value)) tensors.set(prefix + key, value)
      else if (value instanceof UnknownInstance) {
        children.push({ module: value, prefix: `${prefix}${key}.`, depth: depth + 1 })
      }
    }
    open.push(...children.reverse())
  }
  return tensors
}
