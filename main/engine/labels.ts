import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { LabelsId, LabelsInfo } from '#models/api'
import type { LabelMap } from '#models/results-api'
import type { Size } from '#models/images/preprocess'
import { decodeLabels, type DecodedLabels } from './images'
import { Opened } from './opened'

interface OpenLabels extends DecodedLabels {
  readonly info: LabelsInfo
}

/** The label images that are open. */
export class LabelImages {
  readonly #opened = new Opened<LabelsId, OpenLabels>('label image')

  /** Throws a StudioError that names the file. */
  async open(path: string): Promise<LabelsInfo> {
    const decoded = await decodeLabels(path)
    const { width, height, labels } = decoded
    const digest = createHash('sha256')
      .update(JSON.stringify([path, width, height]))
      .update(labels)
      .digest('hex')
    const id = `labels-${digest.slice(0, 16)}` as LabelsId
    const counts = Array.from(countOf(labels).entries(), ([label, pixels]) => ({ label, pixels }))
    const info = {
      id,
      path,
      fileName: basename(path),
      width,
      height,
      counts: counts.filter(({ pixels }) => pixels > 0)
    }
    return this.#opened.add(id, { ...decoded, info }).info
  }

  close(id: LabelsId): void {
    this.#opened.close(id)
  }

  /** The indices at another size: each pixel takes the label under its centre. */
  resized(id: LabelsId, size: Size): LabelMap {
    const source = this.#opened.get(id)
    const labels = new Uint16Array(size.width * size.height)
    for (let y = 0, out = 0; y < size.height; y++) {
      const row = Math.floor(((y + 0.5) * source.height) / size.height) * source.width
      for (let x = 0; x < size.width; x++, out++) {
        labels[out] = source.labels[row + Math.floor(((x + 0.5) * source.width) / size.width)] ?? 0
      }
    }
    return { ...size, labels, counts: countOf(labels) }
  }
}

/** Pixels of each label from 0 to the largest that occurs. */
function countOf(labels: Uint16Array): number[] {
  const counts: number[] = []
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1
  return Array.from(counts, (pixels = 0) => pixels)
}
