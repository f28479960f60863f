import { basename, dirname, resolve } from 'node:path'
import type { SamPrompts } from '#models/api'
import { npy, openNpy } from '#models/checkpoints/npy'
import { StudioError } from '#models/errors'
import { toFloat32, type Tensor } from '#models/tensor'
import { openFile } from '../files'
import { pathOf, readJsonObject } from './lists'

/** What a set of prompts may hold. */
const KEYS = ['points', 'labels', 'box', 'mask']

/**
 * Sets of prompts for SAM by their names, from a JSON file:
 * `{"NAME": {"points": [[x, y], …], "labels": [1, 0, …], "box": [left, top, right, bottom], "mask": "FILE.npy"}, …}`,
 * each part optional, in pixels of the model's input, masks as logits beside the JSON file. Throws a StudioError that
 * names the file and the set.
 */
export async function readSamPrompts(value: string): Promise<SamPrompts[]> {
  const path = pathOf(value)
  const file = basename(path)
  const entries = Object.entries(await readJsonObject(value))
  if (entries.length === 0) throw new StudioError('invalid', `${file}: it holds no prompts.`, { file })
  return Promise.all(
    entries.map(async ([name, set]) => {
      const fault = (what: string) => new StudioError('invalid', `${file}: ${name} ${what}.`, { file, entry: name })
      if (typeof set !== 'object' || set === null || Array.isArray(set)) throw fault('should be an object')
      const parts = new Map<string, unknown>(Object.entries(set))
      const unknown = [...parts.keys()].find((key) => !KEYS.includes(key))
      if (unknown !== undefined) throw fault(`has ${unknown}, but a set of prompts has ${KEYS.join(', ')}`)

      const points = pointsOf(parts.get('points'), parts.get('labels'))
      if (!points) throw fault('should have points [[x, y], …] and as many labels, 1 for inside and 0 for outside')
      const box = parts.get('box')
      if (box !== undefined && !isBox(box)) throw fault('should have a box [left, top, right, bottom]')
      const mask = parts.get('mask')
      if (mask !== undefined && typeof mask !== 'string') throw fault('should have the name of a .npy file as its mask')
      return { name, points, box, mask: mask === undefined ? undefined : await readMask(resolve(dirname(path), mask)) }
    })
  )
}

function pointsOf(points: unknown = [], labels: unknown = []): SamPrompts['points'] | undefined {
  if (!Array.isArray(points) || !Array.isArray(labels) || points.length !== labels.length) return undefined
  const labelled = points.flatMap((point: unknown, i) => {
    const label: unknown = labels[i]
    if (!isNumbers(point, 2) || (label !== 0 && label !== 1)) return []
    const [x = NaN, y = NaN] = point
    return [{ x, y, label } as const]
  })
  return labelled.length === points.length ? labelled : undefined
}

const isBox = (value: unknown): value is readonly [number, number, number, number] => isNumbers(value, 4)

function isNumbers(value: unknown, count: number): value is readonly number[] {
  return Array.isArray(value) && value.length === count && value.every(Number.isFinite)
}

/** A mask as [1, 1, h, w]; axes of one element before the last two may be left out. */
async function readMask(path: string): Promise<Tensor<'float32'>> {
  const source = await openFile(path)
  try {
    const head = await source.read(0, Math.min(source.size, 16))
    const stored = npy.match(head, source.name) ? await openNpy(source) : undefined
    const before = stored?.shape.slice(0, -2) ?? []
    if (!stored || stored.shape.length < 2 || before.some((size) => size !== 1)) {
      throw new StudioError('mismatch', `${source.name}: a mask should be an array of NumPy [1, 1, height, width].`, {
        file: source.name
      })
    }
    return { ...toFloat32(await stored.read()), shape: [1, 1, ...stored.shape.slice(-2)] }
  } finally {
    await source.close()
  }
}
