import type { Rgb } from '#models/palettes'

/** HSL (degrees, 0..1, 0..1) → 0..255 RGB. */
function rgbFromHsl(hue: number, saturation: number, lightness: number): Rgb {
  const channel = (offset: number): number => {
    const k = (offset + hue / 30) % 12
    const amplitude = saturation * Math.min(lightness, 1 - lightness)
    return Math.round(255 * (lightness - amplitude * Math.max(-1, Math.min(k - 3, 9 - k, 1))))
  }
  return [channel(0), channel(8), channel(4)]
}

/** The same name gets the same colour on every machine: its characters choose the hue. */
export function colorOfName(name: string): Rgb {
  let hash = 2166136261 // FNV-1a
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0
  return rgbFromHsl(hash % 360, 0.55 + ((hash >>> 9) % 4) * 0.1, 0.42 + ((hash >>> 13) % 4) * 0.07)
}
