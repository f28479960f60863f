import { converter, filterDeficiencyDeuter, filterDeficiencyProt, type Oklab, type Rgb as CuloriRgb } from 'culori'
import { interpolateCividis, interpolateMagma, interpolateViridis } from 'd3-scale-chromatic'
import { ROMA_HEX, VIK_HEX } from './crameri'

/*
 * Every colour that carries data: colour maps for numbers, palettes for classes and for models.
 * viridis, magma (S. van der Walt, N. Smith, CC0) and cividis (Nuñez, Anderton, Renslow 2018) come from
 * d3-scale-chromatic (ISC), vik and roma from crameri.ts (MIT).
 */

/** 0..255 each */
export type Rgb = readonly [red: number, green: number, blue: number]

export const SEQUENTIAL_MAPS = ['viridis', 'magma', 'cividis', 'grey'] as const
export type SequentialMap = (typeof SEQUENTIAL_MAPS)[number]

/** Centred at 0: their middle is the palest (most neutral) colour. */
export const SIGNED_MAPS = ['vik', 'roma'] as const
export type SignedMap = (typeof SIGNED_MAPS)[number]

export type ColorMap = SequentialMap | SignedMap

/** Colours of a map. */
export const TABLE_SIZE = 256

export function hexFromRgb([red, green, blue]: Rgb): string {
  return `#${[red, green, blue].map((value) => value.toString(16).padStart(2, '0')).join('')}`
}

/** '#0072b2' or '0072b2' → [0, 114, 178] */
export function rgbFromHex(hex: string): Rgb {
  const bits = Number.parseInt(hex.replace('#', ''), 16)
  return [(bits >> 16) & 255, (bits >> 8) & 255, bits & 255]
}

function tableFromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: TABLE_SIZE * 3 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))
}

/** d3 gives '#rrggbb' (viridis, magma) or 'rgb(r, g, b)' (cividis). */
function tableFromInterpolator(interpolate: (t: number) => string): Uint8Array<ArrayBuffer> {
  const table = new Uint8Array(TABLE_SIZE * 3)
  for (let i = 0; i < TABLE_SIZE; i++) {
    const color = interpolate(i / (TABLE_SIZE - 1))
    table.set(color.startsWith('#') ? rgbFromHex(color) : (color.match(/\d+/g) ?? []).map(Number), 3 * i)
  }
  return table
}

const BUILDERS: Readonly<Record<ColorMap, () => Uint8Array<ArrayBuffer>>> = {
  viridis: () => tableFromInterpolator(interpolateViridis),
  magma: () => tableFromInterpolator(interpolateMagma),
  cividis: () => tableFromInterpolator(interpolateCividis),
  grey: () => Uint8Array.from({ length: TABLE_SIZE * 3 }, (_, i) => Math.floor(i / 3)),
  vik: () => tableFromHex(VIK_HEX),
  roma: () => tableFromHex(ROMA_HEX)
}
const tables = new Map<ColorMap, Uint8Array<ArrayBuffer>>()

/** The map as 256 RGB triples, low values first. Shared between callers: not to be written to. */
export function colorTable(map: ColorMap): Uint8Array<ArrayBuffer> {
  let table = tables.get(map)
  if (!table) {
    table = BUILDERS[map]()
    tables.set(map, table)
  }
  return table
}

/** Which of the 256 colours stands for `t` in 0..1 (clamped): bins of equal width, as the shader of the plots has it. */
export function tableIndex(t: number): number {
  return Math.min(TABLE_SIZE - 1, Math.max(0, Math.floor(t * TABLE_SIZE)))
}

/** Colour of `t` in 0..1 (clamped). */
export function lookup(map: ColorMap, t: number): Rgb {
  const table = colorTable(map)
  const at = 3 * tableIndex(t)
  return [table[at] ?? 0, table[at + 1] ?? 0, table[at + 2] ?? 0]
}

/**
 * Okabe and Ito's colours without black: told apart with every common colour blindness.
 * Okabe, M., Ito, K. (2008), Color Universal Design.
 */
const OKABE_ITO: readonly Rgb[] = ['e69f00', '56b4e9', '009e73', 'f0e442', '0072b2', 'd55e00', 'cc79a7'].map(rgbFromHex)

/** Models A, B, C, D: the same on chip, pane border, point and bar. */
export const MODEL_COLORS: readonly [Rgb, Rgb, Rgb, Rgb] = [
  rgbFromHex('0072b2'),
  rgbFromHex('d55e00'),
  rgbFromHex('009e73'),
  rgbFromHex('cc79a7')
]

/** What SAM is told to belong to a mask, what not, and the mask; points differ by their signs as well. */
export const SAM_COLORS = {
  inside: rgbFromHex('009e73'),
  outside: rgbFromHex('d55e00'),
  mask: rgbFromHex('56b4e9')
} as const satisfies Record<string, Rgb>

/** Hue steps, lightness and chroma levels of the candidates that a class palette is chosen from. */
const CANDIDATE_HUES = 36
const CANDIDATE_LIGHTNESS = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
const CANDIDATE_CHROMA = [0.06, 0.12, 0.18, 0.24]

const toRgb = converter('rgb')
const toOklab = converter('oklab')
const seenBy: readonly ((color: CuloriRgb) => CuloriRgb)[] = [
  (color) => color,
  (color) => toRgb(filterDeficiencyDeuter(1)(color)),
  (color) => toRgb(filterDeficiencyProt(1)(color))
]

/** How a colour looks to normal, deuteranope and protanope eyes, in Oklab. */
function looks(rgb: Rgb): Oklab[] {
  const color: CuloriRgb = { mode: 'rgb', r: rgb[0] / 255, g: rgb[1] / 255, b: rgb[2] / 255 }
  return seenBy.map((see) => toOklab(see(color)))
}

/** Distance in Oklab to the eye that tells the two apart worst. */
function distance(first: readonly Oklab[], second: readonly Oklab[]): number {
  return Math.min(
    ...first.map((p, eye) => {
      const q = second[eye] ?? p
      return Math.hypot(p.l - q.l, p.a - q.a, p.b - q.b)
    })
  )
}

function candidates(): Rgb[] {
  const colors: Rgb[] = []
  for (const l of CANDIDATE_LIGHTNESS) {
    for (const c of CANDIDATE_CHROMA) {
      for (let step = 0; step < CANDIDATE_HUES; step++) {
        const { r, g, b } = toRgb({ mode: 'oklch', l, c, h: (360 * step) / CANDIDATE_HUES })
        if (Math.min(r, g, b) < 0 || Math.max(r, g, b) > 1) continue // outside sRGB
        colors.push([Math.round(r * 255), Math.round(g * 255), Math.round(b * 255)])
      }
    }
  }
  return colors
}

/**
 * `count` colours for the classes of a checkpoint without a palette: Okabe and Ito's seven, then always the candidate
 * that lies farthest from all chosen ones for the eye that sees it worst. The same list always, and a longer one begins
 * with a shorter one. Where the candidates run out (beyond some 500 classes) colours repeat.
 */
export function classPalette(count: number): Rgb[] {
  const chosen = OKABE_ITO.slice(0, count)
  if (chosen.length === count) return chosen
  const pool = candidates().map((rgb) => ({ rgb, look: looks(rgb), nearest: Infinity }))
  const take = (look: readonly Oklab[]): void => {
    for (const candidate of pool) candidate.nearest = Math.min(candidate.nearest, distance(candidate.look, look))
  }
  for (const rgb of chosen) take(looks(rgb))
  while (chosen.length < Math.min(count, OKABE_ITO.length + pool.length)) {
    const best = pool.reduce((a, b) => (b.nearest > a.nearest ? b : a))
    chosen.push(best.rgb)
    take(best.look)
  }
  return Array.from({ length: count }, (_, i) => chosen[i % chosen.length] ?? [0, 0, 0])
}
