import { readdirSync } from 'node:fs'
import type { ModelInfo, PictureId } from '#models/api'
import type { LabelSource } from '#models/results-api'
import { createEngine } from '../main/engine/engine'
import { ADE20K_CLASSES } from './ade20k'
import { residentMemory, type ResidentMemory } from './memory'

/*
 * A process of its own that opens checkpoints one after another, looks at a picture through each as the window does, and
 * closes them again:
 *
 *     node --expose-gc memory-process.js CACHE_FOLDER PICTURE REOPENED CHECKPOINT…
 *
 * then opens the first REOPENED times more, looks through it and closes it.
 */

/** What it writes to stdout, as JSON. */
export interface MemoryCourse {
  /** with the engine and the picture, and no model */
  readonly before: ResidentMemory
  readonly models: readonly {
    readonly system: string
    readonly fileBytes: number
    /** when this one had run, with all before it still open */
    readonly after: ResidentMemory
  }[]
  /** tensors kept for views at that time, in bytes: part of what is resident */
  readonly tensorBytes: number
  /** when all had run once more, as after a new picture */
  readonly again: ResidentMemory
  /** when all were closed */
  readonly closed: ResidentMemory
  /** when the first had been opened and closed many times more */
  readonly reopened: ResidentMemory
  /** file descriptors of this process, before any model and in the end */
  readonly descriptors: readonly [number, number]
}

const [cacheFolder = '', picturePath = '', reopened = '0', ...checkpoints] = process.argv.slice(2)
const engine = createEngine({ cacheFolder })
await engine.useProvider({ provider: 'cpu' })
const picture = await engine.openPicture({ path: picturePath })

/** What the window asks for when a model is opened: maps where there are any, features else. */
async function look(model: ModelInfo, id: PictureId, scaling: 'published' | 'original'): Promise<void> {
  const given = new Set(model.tensors.map(({ name }) => name))
  const takesWords = model.nameTokens !== undefined
  const features = ['x4', 'visual_embedding', 'global_embedding', 'image_embedding', 'logits_per_image']
  const maps: [string, LabelSource][] = [
    ['score_map', 'score_map'],
    ['seg_logits_low', 'seg_logits']
  ]
  const run = await engine.run({
    model: model.id,
    picture: id,
    classes: !takesWords ? [] : model.classes.length > 0 ? model.classes : ADE20K_CLASSES,
    gammaScale: 1,
    mode: { kind: 'whole' },
    scaling,
    samPrompts: model.prompts && [{ name: 'click', points: [{ x: 300, y: 200, label: 1 }] }],
    want: [
      ...[...features, ...maps.map(([name]) => name)].filter((name) => given.has(name)),
      ...(model.prompts ? ['low_res_masks_click_multi'] : [])
    ]
  })
  for (const [name, from] of maps) if (given.has(name)) await engine.labelMap({ run: run.id, from })
}

/** After garbage was collected (needs --expose-gc). */
async function settled(): Promise<ResidentMemory> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  const memory = residentMemory()
  if (!memory) throw new Error('This system does not tell how much memory a process has.')
  return memory
}

async function opened(path: string): Promise<ModelInfo> {
  const info = await engine.openModel({ path })
  await look(info, picture.id, 'published')
  return info
}

const countDescriptors = (): number => readdirSync('/proc/self/fd').length

const before = await settled()
const descriptorsBefore = countDescriptors()
const infos: ModelInfo[] = []
const models = []
for (const path of checkpoints) {
  const info = await opened(path)
  infos.push(info)
  models.push({ system: info.system, fileBytes: info.fileBytes, after: await settled() })
}
const { tensorBytes } = await engine.status({})
for (const info of infos) await look(info, picture.id, info.prompts ? 'published' : 'original')
const again = await settled()
for (const { id } of infos) await engine.closeModel({ model: id })
const closed = await settled()
for (let round = 0; round < Number(reopened); round++) {
  const { id } = await opened(checkpoints[0] ?? '')
  await engine.closeModel({ model: id })
}
const course: MemoryCourse = {
  before,
  models,
  tensorBytes,
  again,
  closed,
  reopened: await settled(),
  descriptors: [descriptorsBefore, countDescriptors()]
}
console.log(JSON.stringify(course))
