import { converter, filterDeficiencyDeuter } from 'culori'
import { describe, expect, it } from 'vitest'
import {
  classPalette,
  colorTable,
  hexFromRgb,
  lookup,
  MODEL_COLORS,
  rgbFromHex,
  SEQUENTIAL_MAPS,
  SIGNED_MAPS,
  TABLE_SIZE,
  type ColorMap,
  type Rgb
} from './palettes'

const toLab = converter('lab65')
const toOklab = converter('oklab')
const culoriRgb = ([r, g, b]: Rgb) => ({ mode: 'rgb' as const, r: r / 255, g: g / 255, b: b / 255 })

/** CIE L* of every entry, 0..100 */
function lightness(map: ColorMap): number[] {
  const table = colorTable(map)
  return Array.from({ length: TABLE_SIZE }, (_, i) => {
    const [r = 0, g = 0, b = 0] = table.subarray(3 * i, 3 * i + 3)
    return toLab(culoriRgb([r, g, b])).l
  })
}

/** Largest step against the direction; 8-bit rounding alone makes up to about 0.3. */
const worstStep = (values: number[], direction: 1 | -1): number =>
  Math.max(...values.slice(1).map((value, i) => direction * ((values[i] ?? 0) - value)))
const ROUNDING = 0.5

describe('colour maps', () => {
  it.each(SEQUENTIAL_MAPS)('%s gets lighter all the way', (map) => {
    const values = lightness(map)
    expect(worstStep(values, 1)).toBeLessThan(ROUNDING)
    expect((values.at(-1) ?? 0) - (values[0] ?? 0)).toBeGreaterThan(60)
  })

  it.each(SIGNED_MAPS)('%s is lightest in the middle and darkens evenly to both ends', (map) => {
    const values = lightness(map)
    const top = values.indexOf(Math.max(...values))
    expect(Math.abs(top - (TABLE_SIZE - 1) / 2)).toBeLessThan(16)
    expect(worstStep(values.slice(0, top + 1), 1)).toBeLessThan(ROUNDING)
    expect(worstStep(values.slice(top), -1)).toBeLessThan(ROUNDING)
    expect(values[top]).toBeGreaterThan(85)
    expect(Math.max(values[0] ?? 100, values.at(-1) ?? 100)).toBeLessThan(35)
  })

  it('has the published colours', () => {
    expect(hexFromRgb(lookup('viridis', 0))).toBe('#440154')
    expect(hexFromRgb(lookup('viridis', 1))).toBe('#fde725')
    expect(hexFromRgb(lookup('magma', 0))).toBe('#000004')
    expect(lookup('vik', 0)).toEqual([0, 18, 97])
    expect(lookup('vik', 1)).toEqual([89, 0, 8])
    expect(lookup('roma', 0)).toEqual([126, 23, 0])
    expect(lookup('grey', 0.5)).toEqual([128, 128, 128])
    // the published cividis begins (0, 32, 77) and ends (255, 233, 69); d3 fits it by polynomials
    for (const [t, published] of [
      [0, [0, 32, 77]],
      [1, [255, 233, 69]]
    ] as const) {
      lookup('cividis', t).forEach((value, i) => expect(Math.abs(value - (published[i] ?? 0))).toBeLessThan(12))
    }
  })

  it('clamps', () => {
    expect(lookup('viridis', -3)).toEqual(lookup('viridis', 0))
    expect(lookup('viridis', 7)).toEqual(lookup('viridis', 1))
  })
})

describe('class palette', () => {
  it('is the same every time, and a longer one begins with a shorter one', () => {
    expect(classPalette(20)).toEqual(classPalette(150).slice(0, 20))
    expect(classPalette(3)).toEqual(classPalette(20).slice(0, 3))
    expect(classPalette(0)).toEqual([])
  })

  it.each([
    [19, 0.07],
    [150, 0.012]
  ])('keeps %i classes apart, for a deuteranope too', (count, least) => {
    const palette = classPalette(count)
    for (const see of [(c: ReturnType<typeof culoriRgb>) => c, filterDeficiencyDeuter(1)]) {
      const points = palette.map((rgb) => toOklab(see(culoriRgb(rgb))))
      let nearest = Infinity
      points.forEach((p, i) =>
        points.slice(i + 1).forEach((q) => {
          nearest = Math.min(nearest, Math.hypot(p.l - q.l, p.a - q.a, p.b - q.b))
        })
      )
      expect(nearest).toBeGreaterThan(least)
    }
  })

  it('has a colour for every class, however many', () => {
    const palette = classPalette(1203)
    expect(palette).toHaveLength(1203)
    expect(palette.flat().every((value) => Number.isInteger(value) && value >= 0 && value <= 255)).toBe(true)
  })
})

it('gives models four different colours', () => {
  expect(new Set(MODEL_COLORS.map(hexFromRgb)).size).toBe(4)
  expect(rgbFromHex('#0072b2')).toEqual([0, 114, 178])
})
