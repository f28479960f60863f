import type { CompanionName } from './architecture'

/*
 * How the files that belong together are called. MaskCLIP's tools (github.com/chongzhou96/MaskCLIP, tools/maskclip_utils)
 * write MODEL_clip_backbone.pth, MODEL_clip_weights.pth, and CLASSES_MODEL_clip_text.pth for each list of classes.
 */

const MODEL = /^(.+)_clip_(?:backbone|weights)\.pth$/i
const COMPANIONS: readonly (readonly [CompanionName, RegExp])[] = [
  ['clipWeights', /_clip_weights\.pth$/i],
  ['clipText', /(?:_clip_text|^text_embeddings)\.pth$/i]
]

/** What a file is to another, by its name; undefined where the name says nothing. */
export function companionNameOf(fileName: string): CompanionName | undefined {
  return COMPANIONS.find(([, pattern]) => pattern.test(fileName))?.[0]
}

/**
 * Of the files of a folder, those that by their names belong to one of them, by what they are to it: the ones of the same
 * MODEL, or else text embeddings that are called so and nothing more.
 */
export function companionsAmong(
  fileName: string,
  others: readonly string[]
): Readonly<Partial<Record<CompanionName, readonly string[]>>> {
  const model = MODEL.exec(fileName)?.[1]?.toLowerCase()
  const found = COMPANIONS.map(([name]) => {
    const named = others.filter((other) => companionNameOf(other) === name)
    const same = named.filter((other) => model !== undefined && isOf(model, other.toLowerCase()))
    const plain = named.filter((other) => /^text_embeddings\.pth$/i.test(other))
    return [name, (same.length > 0 ? same : plain).toSorted()] as const
  })
  return Object.fromEntries(found.filter(([, names]) => names.length > 0))
}

/** ViT16 is in ViT16_clip_weights.pth and voc_ViT16_clip_text.pth, not in XViT16_clip_text.pth. */
function isOf(model: string, other: string): boolean {
  const at = other.lastIndexOf(`${model}_clip_`)
  return at === 0 || (at > 0 && other[at - 1] === '_')
}
