import type { Checkpoint } from '../checkpoints/checkpoint'
import { Ledger, Scope } from '../graph/scope'
import type { Architecture, Detection, Overrides } from './architecture'
import { Facts } from './facts'
import { IMAGENET_NORMALIZATION } from './preprocess'
import { bareResnetSide } from './resnet-side'
import { hasResnet } from './trunk'

/** Pictures of the published test pipelines are scaled to this short side (and then cropped, which is not done here). */
const SHORT_SIDE = 256
const CLASSIFIERS = ['fc.', 'head.fc.']

/**
 * A ResNet trained to classify ImageNet, alone: torchvision's (github.com/pytorch/vision, torchvision/models/resnet.py)
 * and mmcv's with a deep stem. It has features and no words.
 */
export const imagenetResnet = {
  name: 'imagenet-resnet',
  detect(checkpoint: Checkpoint, overrides: Overrides): Promise<Detection | undefined> {
    const { stateDict, source } = checkpoint
    const ledger = new Ledger(stateDict, source.name)
    const bare = new Scope(ledger)
    const root = hasResnet(bare) ? bare : bare.at('backbone')
    if (!hasResnet(root)) return Promise.resolve(undefined)
    const facts = new Facts(overrides, source.name)
    const image = bareResnetSide(root, facts)
    // a ResNet of CLIP's make without its attention pool is no ImageNet ResNet, but gives the same
    const reason = image.isClip
      ? 'It has the stem and the stages of CLIP’s ResNet and neither an attention pool nor words.'
      : 'It has the stem and the four stages of a ResNet, and no words.'
    bare.ignore((name) => name.endsWith('.num_batches_tracked') || CLASSIFIERS.some((part) => name.startsWith(part)))
    return Promise.resolve({
      system: 'imagenet-resnet',
      summary: image.summary,
      reason,
      facts: facts.list,
      preprocess: {
        ...IMAGENET_NORMALIZATION,
        shortSide: SHORT_SIDE,
        maxLongSide: undefined,
        padToMultipleOf: undefined,
        window: SHORT_SIDE,
        stride: Math.floor((SHORT_SIDE * 2) / 3)
      },
      tensors: image.tensors,
      stages: image.stages,
      ...ledger.account(),
      notes: [
        {
          code: 'assumed',
          message:
            'A trunk alone has no space that it shares with words, so there are no score maps: look at its features, ' +
            'their principal components and similar cells.'
        },
        ...facts.unusedOverrides()
      ]
    })
  }
} satisfies Architecture
