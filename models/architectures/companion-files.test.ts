import { describe, expect, it } from 'vitest'
import { companionNameOf, companionsAmong } from './companion-files'

describe('files that belong together by their names', () => {
  it('are those of MaskCLIP’s tools for the same model, with a text file for each list of classes', () => {
    const folder = [
      'ViT16_clip_backbone.pth',
      'ViT16_clip_weights.pth',
      'voc_ViT16_clip_text.pth',
      'context_ViT16_clip_text.pth',
      'RN50_clip_weights.pth',
      'XViT16_clip_text.pth',
      'text_embeddings.pth',
      'notes.txt'
    ]
    expect(companionsAmong('ViT16_clip_backbone.pth', folder)).toEqual({
      clipWeights: ['ViT16_clip_weights.pth'],
      clipText: ['context_ViT16_clip_text.pth', 'voc_ViT16_clip_text.pth']
    })
    expect(companionsAmong('RN50_clip_backbone.pth', folder)).toEqual({
      clipWeights: ['RN50_clip_weights.pth'],
      clipText: ['text_embeddings.pth']
    })
  })

  it('are none for a name that says nothing, but for a text file without a model in its name', () => {
    expect(companionsAmong('model.pth.tar-50', ['ViT16_clip_weights.pth', 'a.pth'])).toEqual({})
    expect(companionsAmong('clip.pt', ['text_embeddings.pth'])).toEqual({ clipText: ['text_embeddings.pth'] })
  })

  it('say what they are to the other', () => {
    expect(companionNameOf('voc_ViT16_clip_text.pth')).toBe('clipText')
    expect(companionNameOf('ViT16_clip_weights.pth')).toBe('clipWeights')
    expect(companionNameOf('ViT16_clip_backbone.pth')).toBeUndefined()
  })
})
