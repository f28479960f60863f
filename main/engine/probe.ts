import type { CallContext } from '#models/api'
import type { ClassValue, Probe } from '#models/results-api'
import { margin } from '#models/analysis/margin'
import { cellFromPixel } from '#models/images/mapping'
import { sampleField } from './class-field'
import { canGiveLogits, gives, type Run, type Runs } from './runs'

/** What the model says at a pixel of the picture; `x`, `y` in pixels, 0 at the outer edge of the first. */
export async function probe(
  runs: Runs,
  run: Run,
  { x, y, logits }: { x: number; y: number; logits: boolean },
  context: CallContext
): Promise<Probe> {
  const { width, height } = run.picture.info
  const inputX = (clamp(x, width) * run.input.width) / width
  const inputY = (clamp(y, height) * run.input.height) / height
  const window = nearestWindow(run, inputX, inputY)
  const scored = gives(run, 'score_map')
  const tensor = await runs.windowTensor(run, scored ? 'score_map' : gridTensor(run), window, context)
  const [, planes = 0, rows = 0, columns = 0] = tensor.shape
  const { rect, padded } = run.windows[window] ?? { rect: { x: 0, y: 0 }, padded: run.input }
  const row = cellFromPixel(inputY - rect.y, padded.height, rows)
  const column = cellFromPixel(inputX - rect.x, padded.width, columns)

  const cell = row * columns + column
  const cosines = scored
    ? Array.from({ length: planes }, (_, k) => Number(tensor.data[k * rows * columns + cell]))
    : undefined
  const decided = logits && canGiveLogits(run) ? await logitsAt(runs, run, x, y, context) : undefined
  const classes = cosines?.length ?? decided?.length ?? 0
  const values = Array.from({ length: classes }, (_, classIndex): ClassValue => ({
    classIndex,
    cosine: cosines?.[classIndex],
    logit: decided?.[classIndex]
  }))
  return {
    row,
    column,
    rows,
    columns,
    window,
    values,
    cosineMargin: cosines && margin(cosines),
    logitMargin: decided && margin(decided)
  }
}

/** The same numbers that the decoder's label map is the argmax of. */
async function logitsAt(runs: Runs, run: Run, x: number, y: number, context: CallContext): Promise<Float64Array> {
  const { width, height } = run.picture.info
  const field = await runs.field(run, 'seg_logits', context)
  return sampleField(field, { width, height }, Math.floor(clamp(x, width)), Math.floor(clamp(y, height)))
}

/** Inside the picture: the far edge belongs to the last pixel. */
function clamp(position: number, size: number): number {
  return Math.min(Math.max(position, 0), size - 1e-6)
}

/** Of the windows that hold the place, the one whose centre is nearest: there the model sees most around it. */
function nearestWindow({ windows }: Run, x: number, y: number): number {
  let nearest = 0
  let least = Infinity
  for (const [i, { rect }] of windows.entries()) {
    const distance = Math.hypot(x - rect.x - rect.width / 2, y - rect.y - rect.height / 2)
    if (distance < least) {
      least = distance
      nearest = i
    }
  }
  return nearest
}

/** The tensor whose cells are shown where there are no scores: z, or the coarsest features. */
function gridTensor({ model }: Run): string {
  const { tensors } = model.detection
  const maps = tensors.filter(({ axes }) => axes.at(-2) === 'row' && axes.at(-1) === 'column')
  const grid = maps.find(({ kind }) => kind === 'embedding-map') ?? maps.findLast(({ kind }) => kind === 'feature-map')
  return grid?.name ?? 'visual_embedding'
}
