import type { Probe } from '#models/results-api'
import { cellRect, type ProbeMark } from '#models/figures/probe-mark'
import { WHOLE } from '#models/figures/overlay'
import type { Pin } from '../../state/choices'
import type { PlacedWindow } from './windows'

interface Place {
  readonly x: number
  readonly y: number
}

/** Pins with their numbers, then the place under the mouse; each with the cell that a model sees there. */
export function probeMarks(
  pins: readonly Pin[],
  pinProbes: ReadonlyMap<number, Probe>,
  hovered: Place | undefined,
  hoverProbe: Probe | undefined,
  windows: readonly PlacedWindow[]
): ProbeMark[] {
  const cellOf = (probe: Probe | undefined): ProbeMark['cell'] =>
    probe && cellRect(probe, windows[probe.window]?.region ?? WHOLE)
  const marks = pins.map(({ number, name, x, y }) => ({
    x,
    y,
    label: name === '' ? String(number) : `${number} ${name}`,
    cell: cellOf(pinProbes.get(number))
  }))
  return hovered ? [...marks, { ...hovered, label: '', cell: cellOf(hoverProbe) }] : marks
}
