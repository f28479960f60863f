import { Layout } from './layout'
import type { TensorToWrite } from './random-tensor'

/*
 * Files as large as those that CLIP's and SAM's authors publish, with random weights. CLIP's are in half precision save
 * for embeddings and norms, as clip/model.py converts them (convert_weights).
 */

const TOKENS = 77
const SIDE = 224

type Tensors = ReadonlyMap<string, TensorToWrite>

/** CLIP RN50, C = 1024: 255 MB. */
export function clipResNet50(): Tensors {
  const to = new Layout('float16')
  to.clipResNet('visual', { width: 64, blocks: [3, 4, 6, 3], joint: 1024, side: SIDE })
  return withWords(to, 1024)
}

/** CLIP ViT-B/16, C = 512: 350 MB. */
export function clipVitB16(): Tensors {
  const to = new Layout('float16')
  to.clipVisionTransformer('visual', { joint: 512, side: SIDE })
  return withWords(to, 512)
}

function withWords(to: Layout, joint: number): Tensors {
  to.clipText('', { width: 512, joint, tokens: TOKENS })
  to.add('logit_scale', [], 0, Math.log(100))
  return to.tensors
}
