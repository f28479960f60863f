import type { Checkpoint, StateDict } from '../checkpoints/checkpoint'
import { StudioError } from '../errors'

interface Relative {
  matches(stateDict: StateDict): boolean
  /** 'it is …': what it is, why it is not run, and what is run in its place */
  readonly sentence: string
}

const hasAny = (stateDict: StateDict, prefix: string): boolean =>
  [...stateDict.keys()].some((name) => name.startsWith(prefix))

const HF_PICTURES = 'vision_model.embeddings.patch_embedding.weight'
const HF_WORDS = 'text_model.embeddings.token_embedding.weight'

/**
 * What is near enough to a system to be taken for it: parts of one, successors, and models with another encoder or
 * decoder. Each is called by its name, since “of no family” would send its owner looking for a broken file.
 */
const RELATIVES: readonly Relative[] = [
  {
    matches: (stateDict) => stateDict.has('image_encoder.patch_embed.seq.0.c.weight'),
    sentence:
      'it is MobileSAM, whose picture encoder is a TinyViT, and is not run here; open SAM itself (ViT-B, ViT-L or ViT-H)'
  },
  {
    matches: (stateDict) => hasAny(stateDict, 'image_encoder.trunk.') && hasAny(stateDict, 'sam_mask_decoder.'),
    sentence:
      'it is SAM 2, whose picture encoder is a Hiera, and is not run here; open the first SAM (ViT-B, ViT-L or ViT-H)'
  },
  {
    matches: (stateDict) => stateDict.has('vision_model.head.probe'),
    sentence:
      'it is SigLIP, which pools its cells by another attention and has another tokenizer, and is not run here; open a CLIP'
  },
  {
    matches: (stateDict) => hasAny(stateDict, 'visual.trunk.') && stateDict.has('logit_scale'),
    sentence:
      'it is a CLIP of open_clip with a picture encoder of timm, which is not run here; open one with CLIP’s own ResNet or ViT'
  },
  {
    matches: (stateDict) => stateDict.has(HF_PICTURES) && !stateDict.has(HF_WORDS),
    sentence:
      'it is the picture side of CLIP alone (Hugging Face’s CLIPVisionModel), without words; open the whole CLIPModel'
  },
  {
    matches: (stateDict) => stateDict.has(HF_WORDS) && !stateDict.has(HF_PICTURES),
    sentence:
      'it is the text side of CLIP alone (Hugging Face’s CLIPTextModel), without pictures; open the whole CLIPModel'
  },
  {
    matches: (stateDict) =>
      stateDict.has('visual.conv1.weight') &&
      !stateDict.has('token_embedding.weight') &&
      !stateDict.has('text.token_embedding.weight'),
    sentence: 'it is the picture side of CLIP alone, without words; open the whole CLIP'
  },
  {
    matches: (stateDict) =>
      hasAny(stateDict, 'backbone.') &&
      ['decode_head.aspp_modules.', 'decode_head.image_pool.'].some((part) => hasAny(stateDict, part)),
    sentence:
      'its decoder is DeepLab’s (as MaskCLIP+ has), which is not run here; open the MaskCLIP or the CLIP that it was trained with'
  }
]

/** Throws a StudioError `unsupported` for what is known by name and not run. */
export function refuseRelatives({ stateDict, source }: Checkpoint): void {
  const relative = RELATIVES.find(({ matches }) => matches(stateDict))
  if (!relative) return
  throw new StudioError('unsupported', `${source.name}: ${relative.sentence}.`, { file: source.name })
}
