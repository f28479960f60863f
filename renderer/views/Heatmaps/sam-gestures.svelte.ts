import type { SamBox, SamPoint } from '../../state/choices'
import type { Point } from '../../state/probes'
import type { Studio } from '../../state/studio.svelte'

/** What the mouse does in a pane of SAM: 'look' as in every other pane. */
export const SAM_TOOLS = ['points', 'box', 'look'] as const
export type SamTool = (typeof SAM_TOOLS)[number]

/** A box of fewer pixels of the picture than this along a side is a slip of the hand. */
const MIN_BOX = 1

/** What clicks, drags and keys in a pane of SAM change. */
export class SamGestures {
  tool: SamTool = $state('points')
  /** the box that is being drawn */
  draft: SamBox | undefined = $state.raw()
  readonly #studio: Studio

  constructor(studio: Studio) {
    this.#studio = studio
  }

  addPoint({ x, y }: Point, label: SamPoint['label']): void {
    this.#studio.chooseSam({ points: [...this.#studio.choices.sam.points, { x, y, label }] })
  }

  /** A drag is one step to undo. */
  movePoint(index: number, { x, y }: Point): void {
    const { points } = this.#studio.choices.sam
    const moved = points.map((point, i) => (i === index ? { ...point, x, y } : point))
    this.#studio.chooseSam({ points: moved }, `sam-point-${index}`)
  }

  removePoint(index: number): void {
    this.#studio.chooseSam({ points: this.#studio.choices.sam.points.toSpliced(index, 1) })
  }

  removeBox(): void {
    this.#studio.chooseSam({ box: undefined })
  }

  clear(): void {
    this.#studio.chooseSam({ points: [], box: undefined })
  }

  drawBox(from: Point, to: Point, isOver: boolean): void {
    const box = [
      Math.min(from.x, to.x),
      Math.min(from.y, to.y),
      Math.max(from.x, to.x),
      Math.max(from.y, to.y)
    ] as const
    this.draft = isOver ? undefined : box
    if (isOver && box[2] - box[0] >= MIN_BOX && box[3] - box[1] >= MIN_BOX) this.#studio.chooseSam({ box })
  }

  /**
   * Enter sets a point under the mouse, at the last pin, or in the middle of the view, with Alt one that does not belong;
   * Backspace and Delete take back the last point, then the box. Whether the key was one of these.
   */
  key({ key, altKey, ctrlKey, metaKey }: KeyboardEvent): boolean {
    if (ctrlKey || metaKey) return false
    const { points, box } = this.#studio.choices.sam
    if (key === 'Backspace' || key === 'Delete') {
      if (points.length > 0) this.removePoint(points.length - 1)
      else if (box) this.removeBox()
      return true
    }
    const place = this.#studio.hovered ?? this.#studio.pins.at(-1) ?? this.#middle
    if (key !== 'Enter' || !place) return false
    this.addPoint(place, altKey ? 0 : 1)
    return true
  }

  get #middle(): Point | undefined {
    const { info } = this.#studio.picture
    const { centerX, centerY } = this.#studio.camera
    return info && { x: centerX * info.width, y: centerY * info.height }
  }
}
