import type { OutputMeaning } from '#models/architectures/onnx-meanings'

/* Outputs of an ONNX file, and what each is taken for. */

const meanings: Record<OutputMeaning, string> = {
  ignore: 'Not shown',
  'feature-map': 'Feature map',
  'embedding-map': 'Embedding map z',
  'score-map': 'Score map',
  logits: 'Logits of a decoder',
  'picture-embedding': 'Picture embedding',
  'picture-logits': 'Picture logits',
  'text-embedding': 'Text embedding',
  'cell-attention': 'Attention'
}

export const onnx = {
  heading: (letter: string) => (letter ? `Outputs of ${letter}` : 'Outputs'),
  hint: 'The file says what its outputs are called, not what they mean. Choose it once: it is kept for this file, wherever it lies.',
  meaningOf: (output: string) => `Meaning of ${output}`,
  meanings,
  normalization: 'Normalisation',
  normalizations: { clip: 'CLIP', imagenet: 'ImageNet', '0..1': '0 to 1', '0..255': '0 to 255' } as Readonly<
    Record<string, string>
  >,
  classes: 'Number of classes',
  classesHint: 'The file leaves it open: say it before you choose a score map or logits.',
  notKept: 'What the outputs mean could not be kept for the next time: the disk refused it.',
  needsMeaning: (tensor: string) =>
    `No output of this file is taken for ${tensor} yet: under Outputs in the inspector, say which one it is.`
}
