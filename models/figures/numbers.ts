import { format } from 'd3-format'

/*
 * How numbers are written: the same digits on screen, in tables and in exports. A number stands where a label says
 * what it is of. Signs are real minus signs (U+2212), as wide as a plus; units and groups of three are set off by a
 * narrow space that no line breaks at (U+202F).
 */

const THIN_SPACE = '\u202f'
const MISSING = '–'

const signed3 = format('+.3f')
const plain3 = format('.3f')
const signed2 = format('+.2f')
const percent1 = format('.1f')
const significant3 = format('.3~r')
const scientific3 = format('.3~g')

const finite = (value: number | undefined): value is number => value !== undefined && Number.isFinite(value)

/** −0 after rounding would read as a direction that is not there. */
const unsignedZero = (text: string): string => (/^[+−]0[.0]*$/.test(text) ? text.slice(1) : text)

/** A cosine, −1..1: '+0.243' */
export function formatCosine(value: number | undefined): string {
  return finite(value) ? unsignedZero(signed3(value)) : MISSING
}

/** A logit: '+3.42' */
export function formatLogit(value: number | undefined): string {
  return finite(value) ? unsignedZero(signed2(value)) : MISSING
}

/** A probability or a share, 0..1: '81.2 %' */
export function formatShare(value: number | undefined): string {
  return finite(value) ? `${percent1(value * 100)}${THIN_SPACE}%` : MISSING
}

/** An intersection over union, 0..1, as the field writes it: '76.6' */
export function formatIou(value: number | undefined): string {
  return finite(value) ? percent1(value * 100) : MISSING
}

/** A loss in nats, or any positive number of that size: '0.412' */
export function formatNats(value: number | undefined): string {
  return finite(value) ? plain3(value) : MISSING
}

/** A value of a feature map, whose size is unknown: three digits that count, '12.4', '0.00312' */
export function formatFeature(value: number | undefined): string {
  return finite(value) ? significant3(value) : MISSING
}

/** A weight, or a number made of weights, of whatever size: '0.0312', '1.2e−7', '3.4e+38' */
export function formatWeight(value: number | undefined): string {
  return finite(value) ? scientific3(value).replace('e-', 'e−') : MISSING
}

/** A count: '1 024' */
export function formatCount(value: number | undefined): string {
  return finite(value)
    ? Math.round(value)
        .toString()
        .replace(/\B(?=(\d{3})+$)/g, THIN_SPACE)
    : MISSING
}

/** A time: '38 ms' below a second, '1.24 s' from there on, '2 min 05 s' from a minute on */
export function formatDuration(milliseconds: number | undefined): string {
  if (!finite(milliseconds)) return MISSING
  if (milliseconds < 999.5) return `${Math.round(milliseconds)}${THIN_SPACE}ms`
  if (milliseconds < 59_995) return `${(milliseconds / 1000).toFixed(2)}${THIN_SPACE}s`
  const seconds = Math.round(milliseconds / 1000)
  const rest = (seconds % 60).toString().padStart(2, '0')
  return `${Math.floor(seconds / 60)}${THIN_SPACE}min${THIN_SPACE}${rest}${THIN_SPACE}s`
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** A size in decimal units, three digits that count: '456 MB', '1.02 GB' */
export function formatBytes(bytes: number | undefined): string {
  if (!finite(bytes)) return MISSING
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${value.toFixed(digits)}${THIN_SPACE}${BYTE_UNITS[unit] ?? ''}`
}

/** What a value of a tensor is, as its TensorSpec says, and the loss. */
export type Unit = 'cosine' | 'logit' | 'weight' | 'feature' | 'id' | 'nats' | 'summed probability'

/** A value by its unit. */
export function formatValue(value: number | undefined, unit: Unit): string {
  switch (unit) {
    case 'cosine':
      return formatCosine(value)
    case 'logit':
      return formatLogit(value)
    case 'weight':
      return formatShare(value)
    case 'nats':
      return formatNats(value)
    case 'id':
      return formatCount(value)
    case 'feature':
    case 'summed probability':
      return formatFeature(value)
  }
}
