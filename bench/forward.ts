import type { Engine, ModelInfo, PictureId, RunInfo } from '#models/api'
import { freshFolder, writePicture } from './files'
import type { Paired } from './measure'
import { namesLike } from './names'
import type { PublishedModel } from './published'
import type { PyTorch, TorchStage } from './pytorch'
import { ratioRow, timeRow, type Row } from './report'

/** What is timed, the PyTorch stage that does the same, and the aim for the ratio of the two. */
interface Quantity {
  readonly what: string
  readonly torch: TorchStage
  readonly aim: number | undefined
  readonly ours: number[]
}

const quantity = (what: string, torch: TorchStage, aim?: number): Quantity => ({ what, torch, aim, ours: [] })

/**
 * Times the stages, the whole forward, and what a person waits for after a change. Every round has a new picture and
 * new class names, so that nothing is kept from the one before; PyTorch runs right after, on the same sizes.
 */
export async function measureForward(
  engine: Engine,
  published: PublishedModel,
  model: ModelInfo,
  torch: PyTorch | undefined,
  rounds: number
): Promise<Row[]> {
  const quantities = {
    image: quantity('image encoder', 'image_encoder', 0.8),
    text: quantity(`text encoder, K = ${published.classes.length}`, 'text_encoder', 0.3),
    scores: quantity('context decoder and score map', 'context_decoder_score_map', 0.8),
    head: quantity('neck and head', 'neck_head', 0.8),
    // no stage of the window's runs: made only where the whole tensor is asked for
    resize: quantity('logits at the size of the picture', 'resize'),
    whole: quantity('whole forward', 'whole'),
    picture: quantity('new picture, known classes → label map', 'whole', 0.35),
    edited: quantity('one class name edited → its score map', 'whole', 0.1),
    decoded: quantity('one class name edited → label map of the decoder', 'whole', 0.3)
  }
  const theirs = new Map<TorchStage, number[]>()
  const folder = await freshFolder('forward')
  const lists = namesLike(published.classes, async (name) => (await engine.tokenize({ text: name })).ids.length - 2)

  const run = (picture: PictureId, classes: readonly string[], want: readonly string[]): Promise<RunInfo> =>
    engine.run({
      model: model.id,
      picture,
      classes,
      gammaScale: 1,
      mode: { kind: 'whole' },
      scaling: 'published',
      want
    })
  const openPicture = async (number: number): Promise<PictureId> => {
    const { path } = await writePicture(folder, published.inputSize, published.inputSize, number)
    return (await engine.openPicture({ path })).id
  }
  const nextNames = async (): Promise<string[]> => {
    const { value } = await lists.next()
    return value as string[]
  }

  // the first round makes the sessions and fills the memory pools; it is not counted
  for (let round = 0; round <= rounds; round++) {
    const isCounted = round > 0
    const add = ({ ours }: Quantity, ms: number): void => {
      if (isCounted) ours.push(ms)
    }
    const classes = await nextNames()
    const first = await openPicture(2 * round)
    const whole = await run(first, classes, ['seg_logits'])
    const stage = (id: string): number => whole.stages.find((report) => report.id === id)?.durationMs ?? NaN
    add(quantities.image, stage('image_encoder'))
    add(quantities.text, stage('text_encoder'))
    add(quantities.scores, stage('context_decoder') + stage('score_map'))
    add(quantities.head, stage('decode_head'))
    add(quantities.resize, stage('upsample'))
    add(quantities.whole, whole.durationMs)

    const path = (await writePicture(folder, published.inputSize, published.inputSize, 2 * round + 1)).path
    const start = performance.now()
    const second = (await engine.openPicture({ path })).id
    const shown = await run(second, classes, ['score_map', 'seg_logits_low'])
    await engine.labelMap({ run: shown.id, from: 'seg_logits' })
    add(quantities.picture, performance.now() - start)

    const [, ...others] = classes
    const [replacement = ''] = await nextNames()
    const edit = performance.now()
    const edited = await run(second, [replacement, ...others], ['score_map'])
    await engine.slice({ run: edited.id, name: 'score_map', index: [0, 0, null, null] })
    add(quantities.edited, performance.now() - edit)
    await run(second, [replacement, ...others], ['seg_logits_low'])
    await engine.labelMap({ run: edited.id, from: 'seg_logits' })
    add(quantities.decoded, performance.now() - edit)

    await engine.closePicture({ picture: first })
    await engine.closePicture({ picture: second })
    for (const name of new Set(Object.values(quantities).map((each) => each.torch))) {
      const ms = await torch?.time(name)
      if (ms !== undefined && isCounted) theirs.set(name, [...(theirs.get(name) ?? []), ms])
    }
  }
  return Object.values(quantities).map(({ what, torch: name, aim, ours }) => {
    const paired: Paired = { ours, theirs: theirs.get(name) ?? [] }
    return torch ? ratioRow(what, paired, aim, name === 'whole' ? 'whole' : '') : timeRow(what, ours)
  })
}
