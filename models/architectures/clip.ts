import type { Checkpoint } from '../checkpoints/checkpoint'
import { buildCosineMap, buildPictureLogits } from '../graph/score-map'
import type { Architecture, Detection, Overrides } from './architecture'
import {
  activationNotes,
  clipActivation,
  clipImageSide,
  clipPreprocess,
  clipWords,
  isClip,
  positionNote,
  readClip,
  type ClipCheckpoint
} from './clip-checkpoint'
import { Facts } from './facts'
import { graphStage } from './graph-stage'
import * as specs from './tensor-specs'

/**
 * CLIP (Radford et al., 2021), ResNet or ViT: OpenAI's archives and state dicts (github.com/openai/CLIP, clip/model.py),
 * open_clip's names, and Hugging Face's CLIPModel.
 */
export const clip = {
  name: 'clip',
  detect(checkpoint: Checkpoint, overrides: Overrides): Promise<Detection | undefined> {
    const found = readClip(checkpoint)
    return Promise.resolve(found && detection(found, overrides))
  },
  shares: isClip
} satisfies Architecture

function detection(checkpoint: ClipCheckpoint, overrides: Overrides): Detection {
  const { file, ledger, root, meta } = checkpoint
  const facts = new Facts(overrides, file)
  const activation = clipActivation(checkpoint, facts)
  const image = clipImageSide(checkpoint, facts, activation)
  const text = clipWords(checkpoint, facts, { contexts: undefined, channels: image.channels, activation })
  const logitScale = root.take('logit_scale')

  return {
    system: 'clip',
    summary: image.summary,
    reason:
      'It has a visual side and a text side with one projection each into a joint space, and nothing behind them.',
    facts: facts.list,
    classes: meta.classes,
    palette: meta.palette,
    preprocess: clipPreprocess(image.trainedSide),
    tensors: [...image.tensors, specs.TOKEN_IDS, specs.TEXT_EMBEDDING, specs.SCORE_MAP, specs.LOGITS_PER_IMAGE],
    stages: [
      ...image.stages,
      text,
      graphStage(buildCosineMap(image.channels)),
      graphStage(buildPictureLogits(image.channels, logitScale))
    ],
    ...ledger.account(),
    notes: [
      ...checkpoint.notes,
      positionNote(image.trainedSide),
      ...activationNotes(checkpoint, facts),
      ...facts.unusedOverrides()
    ]
  }
}
