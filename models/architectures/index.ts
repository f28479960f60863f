import type { Checkpoint } from '../checkpoints/checkpoint'
import { StudioError } from '../errors'
import type { Architecture, Companions, Detection, Overrides } from './architecture'
import { clip } from './clip'
import { coop } from './coop'
import { denseclip } from './denseclip'
import { imagenetResnet } from './imagenet'
import { maskclip } from './maskclip'
import { onnxFile } from './onnx'
import { refuseRelatives } from './relatives'
import { sam } from './sam'
import { semanticFpn } from './semantic-fpn'
import { withPlainNames } from './state-names'

/** Every system that is known, in the order they are asked: the most particular first. */
export const ARCHITECTURES = [
  onnxFile,
  denseclip,
  semanticFpn,
  clip,
  maskclip,
  coop,
  imagenetResnet,
  sam
] as const satisfies readonly Architecture[]

export interface DetectOptions {
  /** a system to open the file as, where it can be several: 'maskclip' for CLIP */
  readonly as?: string | undefined
  readonly companions?: Companions | undefined
}

/**
 * What a checkpoint is, by the first system that recognises it; undefined where none does (its tensors can be browsed
 * all the same). Throws a StudioError where a system is sure that the file is its own and cannot be used, `unsupported`
 * for what is known and not run (relatives.ts), `invalid` for an unknown `as`.
 */
export async function detect(
  checkpoint: Checkpoint,
  overrides: Overrides = {},
  { as, companions = {} }: DetectOptions = {}
): Promise<Detection | undefined> {
  const asked = ARCHITECTURES.filter(({ name }) => as === undefined || name === as)
  if (asked.length === 0) {
    const known = ARCHITECTURES.map(({ name }) => name).join(', ')
    throw new StudioError('invalid', `There is no system “${as ?? ''}” here; known are ${known}.`)
  }
  const renamed = withPlainNames(checkpoint)
  const others = Object.fromEntries(
    Object.entries(companions).map(([name, companion]) => [name, withPlainNames(companion)])
  )
  // a graph is opened as it is, whatever its weights are called
  if (as === undefined && checkpoint.format !== 'onnx') refuseRelatives(renamed)
  for (const architecture of asked) {
    const detection = await (architecture as Architecture).detect(renamed, overrides, others)
    if (!detection) continue
    const alternatives = systemsSharing(renamed)
    return { weights: renamed.stateDict, ...detection, ...alternatives, notes: [...renamed.notes, ...detection.notes] }
  }
  return undefined
}

function systemsSharing(checkpoint: Checkpoint): Pick<Detection, 'alternatives'> {
  const architectures: readonly Architecture[] = ARCHITECTURES
  const alternatives = architectures.filter(({ shares }) => shares?.(checkpoint)).map(({ name }) => name)
  return alternatives.length > 1 ? { alternatives } : {}
}
