import { describe, expect, it } from 'vitest'
import { DEFAULT_HEATMAPS, type PaneChoice } from '../../state/choices'
import type { ModelSlot } from '../../state/model-slot.svelte'
import type { Studio } from '../../state/studio.svelte'
import { featureTensorOf, joinedTensor } from './feature-tensor'

function slotOf(
  tensors: readonly string[],
  more: { prompted?: boolean; run?: string; picture?: string; pane?: PaneChoice }
) {
  const { prompted = false, run, picture = 'p', pane } = more
  return {
    choice: { path: '', classes: undefined, pane },
    info: { prompts: prompted ? { maskSide: 4, tensors: [] } : undefined },
    run: run === undefined ? undefined : { id: run, picture },
    has: (name: string) => tensors.includes(name)
  } as unknown as ModelSlot
}

const clip = slotOf(['x4', 'visual_embedding'], { run: 'clip' })
const sam = slotOf(['block_2', 'image_embedding'], { prompted: true, run: 'sam' })

describe('the tensor of the features', () => {
  it('is the chosen one, that of the pane first', () => {
    expect(featureTensorOf(clip, DEFAULT_HEATMAPS)).toBe('visual_embedding')
    const own = slotOf(['x4'], { pane: { featureTensor: 'x4' } })
    expect(featureTensorOf(own, DEFAULT_HEATMAPS)).toBe('x4')
    // which it may not have: that is said, not hidden
    expect(featureTensorOf(slotOf(['x4'], {}), DEFAULT_HEATMAPS)).toBe('visual_embedding')
  })

  it('of SAM is its embedding, where it has no other of the name', () => {
    expect(featureTensorOf(sam, DEFAULT_HEATMAPS)).toBe('image_embedding')
    expect(featureTensorOf(sam, { ...DEFAULT_HEATMAPS, featureTensor: 'block_2' })).toBe('block_2')
  })
})

describe('joined features', () => {
  const studio = (models: readonly ModelSlot[], joinSam = true) =>
    ({ heatmaps: { ...DEFAULT_HEATMAPS, joinSam }, models }) as unknown as Studio

  it('are those of the model that takes prompts, in the panes of the others', () => {
    const open = studio([clip, sam])
    expect(joinedTensor(open, clip)).toEqual({ run: 'sam', name: 'image_embedding' })
    expect(joinedTensor(open, sam)).toBeUndefined()
  })

  it('are none where that is not chosen, or SAM has not seen this picture', () => {
    expect(joinedTensor(studio([clip, sam], false), clip)).toBeUndefined()
    expect(joinedTensor(studio([clip]), clip)).toBeUndefined()
    const elsewhere = slotOf([], { prompted: true, run: 'sam', picture: 'q' })
    expect(joinedTensor(studio([clip, elsewhere]), clip)).toBeUndefined()
  })
})
