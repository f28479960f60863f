import type { Checkpoint } from '../checkpoints/checkpoint'
import type { Architecture, Detection, Overrides } from './architecture'
import { clip } from './clip'
import { denseclip } from './denseclip'
import { imagenetResnet } from './imagenet'
import { sam } from './sam'
import { semanticFpn } from './semantic-fpn'
import { withPlainNames } from './state-names'

/** Every system that is known, in the order they are asked: the most particular first. */
export const ARCHITECTURES = [
  denseclip,
  semanticFpn,
  clip,
  imagenetResnet,
  sam
] as const satisfies readonly Architecture[]

/**
 * What a checkpoint is, by the first system that recognises it; undefined where none does (its tensors can be browsed
 * all the same). Throws a StudioError where a system is sure that the file is its own and cannot be used.
 */
export async function detect(checkpoint: Checkpoint, overrides: Overrides = {}): Promise<Detection | undefined> {
  const renamed = withPlainNames(checkpoint)
  for (const architecture of ARCHITECTURES) {
    const detection = await architecture.detect(renamed, overrides)
    if (detection) return { ...detection, notes: [...renamed.notes, ...detection.notes] }
  }
  return undefined
}
