/* What refines the score map of MaskCLIP, and the picture as a token of DenseCLIP's prompts. */

export const refine = {
  label: 'Score map',
  tensors: {
    score_map: 'As computed',
    score_map_denoised: 'Denoised',
    score_map_smoothed: 'Smoothed'
  },
  hints: {
    score_map: 'Cosines of every cell and every word, as they come.',
    score_map_denoised:
      'Prompt denoising: a class to which no cell gives a share of pd_thresh in softmax(100·s) is removed, −1 everywhere.',
    score_map_smoothed:
      'Denoised, then key smoothing: softmax(100·s), each cell summed over all cells by the likeness of their keys. Summed probabilities (Σp), to be compared among classes.'
  },
  tagRemoved: 'removed: no cell is sure of it',

  imagePrompt: 'Image prompt',
  imagePromptHint:
    'The picture as one more token of every prompt, [p, I, e_k], as in ICPC. These weights were not trained with it.',
  imagePrompts: { none: 'none', identity: 'I = z̄', file: 'I = Proj(z̄), file…' },
  tagImagePrompt: 'image prompt what-if'
}
