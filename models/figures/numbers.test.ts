import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatCosine,
  formatCount,
  formatDuration,
  formatFeature,
  formatIou,
  formatLogit,
  formatNats,
  formatShare,
  formatValue,
  formatWeight
} from './numbers'

describe('numbers as they are written', () => {
  it.each([
    [formatCosine(0.2432), '+0.243'],
    [formatCosine(-0.2432), '−0.243'],
    [formatCosine(0), '0.000'],
    [formatCosine(-0.0001), '0.000'],
    [formatLogit(3.417), '+3.42'],
    [formatShare(0.8124), '81.2 %'],
    [formatIou(0.7661), '76.6'],
    [formatNats(0.41234), '0.412'],
    [formatFeature(12.3456), '12.3'],
    [formatFeature(-0.0031234), '−0.00312'],
    [formatWeight(0.03125), '0.0313'],
    [formatWeight(-1.234e-9), '−1.23e−9'],
    [formatWeight(3.4e38), '3.4e+38'],
    [formatCount(1024), '1 024'],
    [formatCount(999), '999'],
    [formatCount(1234567), '1 234 567'],
    [formatDuration(38.2), '38 ms'],
    [formatDuration(999.6), '1.00 s'],
    [formatDuration(1240), '1.24 s'],
    [formatDuration(125_000), '2 min 05 s'],
    [formatBytes(512), '512 B'],
    [formatBytes(456_100_000), '456 MB'],
    [formatBytes(1_020_000_000), '1.02 GB'],
    [formatBytes(999_700), '1.00 MB'],
    [formatBytes(12_345), '12.3 kB'],
    [formatValue(0.5, 'cosine'), '+0.500'],
    [formatValue(0.5, 'weight'), '50.0 %']
  ])('%s', (got, expected) => {
    // the narrow space that no line breaks at, written as a plain one above
    expect(got.replaceAll('\u202f', ' ')).toBe(expected)
  })

  it('never writes NaN', () => {
    for (const format of [
      formatCosine,
      formatLogit,
      formatShare,
      formatIou,
      formatNats,
      formatFeature,
      formatCount,
      formatDuration,
      formatBytes
    ]) {
      expect(format(NaN)).toBe('–')
      expect(format(undefined)).toBe('–')
      expect(format(Infinity)).toBe('–')
    }
  })
})
