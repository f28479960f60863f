import type { Checkpoint, StoredTensor } from '../checkpoints/checkpoint'
import { StudioError } from '../errors'
import { buildInstanceContexts } from '../graph/instance-contexts'
import { Ledger, Scope } from '../graph/scope'
import { buildCosineMap, buildPictureLogits } from '../graph/score-map'
import type { Architecture, Companions, Detection, Overrides, Wording } from './architecture'
import {
  activationNotes,
  clipActivation,
  clipImageSide,
  clipPreprocess,
  clipWords,
  positionNote,
  readClip,
  type ClipCheckpoint
} from './clip-checkpoint'
import { Facts } from './facts'
import { graphStage } from './graph-stage'
import * as specs from './tensor-specs'

/** Side of the pictures that most of the published CLIPs were trained on, where the CLIP itself is not there to tell. */
const USUAL_SIDE = 224
/** What stood around the contexts in training, with other class names: names are given anew. */
const OF_TRAINING = ['token_prefix', 'token_suffix']

/**
 * CoOp and CoCoOp (Zhou et al., 2022): learned contexts for the text encoder of a CLIP, which is a file of its own.
 * github.com/KaiyangZhou/CoOp, trainers/coop.py and cocoop.py; files as Dassl saves them (`model.pth.tar-50`).
 */
export const coop = {
  name: 'coop',
  detect(checkpoint: Checkpoint, overrides: Overrides, companions: Companions): Promise<Detection | undefined> {
    const rank = checkpoint.stateDict.get('ctx')?.shape.length
    const isCoop = rank === 2 || rank === 3
    return Promise.resolve(isCoop ? detection(checkpoint, overrides, companions) : undefined)
  }
} satisfies Architecture

function detection(checkpoint: Checkpoint, overrides: Overrides, companions: Companions): Detection {
  const file = checkpoint.source.name
  const ledger = new Ledger(checkpoint.stateDict, file)
  const root = new Scope(ledger)
  const facts = new Facts(overrides, file)
  const contexts = root.take('ctx')
  const metaNet = root.hasAny('meta_net') ? root.at('meta_net') : undefined
  const perClass = contexts.shape.length === 3 ? contexts.shape[0] : undefined
  if (perClass !== undefined) facts.fromShape('classes', perClass)

  const clip = companions.clip && requiredClip(companions.clip, file)
  root.ignore((name) => OF_TRAINING.includes(name) || (!clip && name.startsWith('meta_net.')))
  const name = metaNet ? 'CoCoOp' : 'CoOp'
  const of = perClass === undefined ? '' : ` for each of ${perClass} classes`
  const parts = clip
    ? withClip(clip, { facts, contexts, metaNet, file })
    : { summary: 'the CLIP it was trained on is not given', trainedSide: USUAL_SIDE, stages: [], tensors: [] }
  const account = ledger.account()
  return {
    system: metaNet ? 'cocoop' : 'coop',
    summary: `${name}, ${contexts.shape.at(-2) ?? 0} learned contexts${of}; ${parts.summary}`,
    reason: metaNet
      ? 'It has learned contexts and a network that shifts them by the picture, and no encoder.'
      : 'It has learned contexts, and no encoder.',
    facts: facts.list,
    preprocess: clipPreprocess(parts.trainedSide),
    tensors: parts.tensors,
    stages: parts.stages,
    ...(!clip && { needs: ['clip'] as const }),
    ...account,
    missing: [...account.missing, ...(clip?.ledger.missing ?? [])],
    notes: clip
      ? [...clip.notes, positionNote(parts.trainedSide), ...activationNotes(clip, facts), ...facts.unusedOverrides()]
      : []
  }
}

function requiredClip(companion: Checkpoint, file: string): ClipCheckpoint {
  const clip = readClip(companion)
  if (clip) return clip
  const given = companion.source.name
  throw new StudioError('mismatch', `${given}: it is no CLIP checkpoint; give the CLIP that ${file} was trained on.`, {
    file: given
  })
}

interface Learned {
  readonly facts: Facts
  readonly contexts: StoredTensor
  readonly metaNet: Scope | undefined
  readonly file: string
}

/** CLIP with the learned contexts in its text encoder. */
function withClip(clip: ClipCheckpoint, { facts, contexts, metaNet, file }: Learned) {
  checkWidth(clip, contexts, file)
  const namePosition = metaNet ? 'end' : facts.oneOf('class_position', ['end', 'middle', 'front'])
  const activation = clipActivation(clip, facts)
  const image = clipImageSide(clip, facts, activation)
  const { channels } = image
  const text = clipWords(clip, facts, { contexts: () => contexts, channels, activation })
  const contextsFrom = { tensor: 'instance_contexts', count: contexts.shape.at(-2) ?? 0 }
  const instance = metaNet && graphStage(buildInstanceContexts(channels, contexts, metaNet))
  return {
    summary: image.summary,
    trainedSide: image.trainedSide,
    stages: [
      ...image.stages,
      ...(instance ? [instance] : []),
      { ...text, namePosition, wording, ...(instance && { contextsFrom }) },
      graphStage(buildCosineMap(channels)),
      graphStage(buildPictureLogits(channels, clip.root.take('logit_scale')))
    ],
    tensors: [
      ...image.tensors,
      specs.TOKEN_IDS,
      ...(instance ? [specs.INSTANCE_CONTEXTS] : []),
      specs.TEXT_EMBEDDING,
      specs.SCORE_MAP,
      specs.LOGITS_PER_IMAGE
    ]
  }
}

function checkWidth(clip: ClipCheckpoint, contexts: StoredTensor, file: string): void {
  const width = clip.root.take('token_embedding.weight', [undefined, undefined]).shape[1]
  const learned = contexts.shape.at(-1)
  if (clip.ledger.missing.size > 0 || learned === width) return
  throw new StudioError(
    'mismatch',
    `${clip.file}: its words are vectors of ${width ?? 0} numbers, but the contexts of ${file} have ${learned ?? 0}; ` +
      `give the CLIP that they were trained on.`,
    { file: clip.file }
  )
}

/** As the authors write a class into a prompt: without underscores, with a full stop. */
function wording(name: string): Wording {
  return { name: name.replaceAll('_', ' '), ending: '.' }
}
