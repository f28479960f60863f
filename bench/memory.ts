import { readFileSync } from 'node:fs'

/** What a process has in memory, in bytes. */
export interface ResidentMemory {
  /** all of it, as a system monitor shows it */
  readonly bytes: number
  /** its own pages; the rest are pages of files, which the system can drop and read again */
  readonly anonymousBytes: number
  /** the most it ever had */
  readonly peakBytes: number
}

/** Of this process; undefined where the system does not tell. */
export function residentMemory(): ResidentMemory | undefined {
  if (process.platform !== 'linux') return undefined
  const status = readFileSync('/proc/self/status', 'utf8')
  const bytesOf = (field: string): number =>
    1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? NaN)
  return { bytes: bytesOf('VmRSS'), anonymousBytes: bytesOf('RssAnon'), peakBytes: bytesOf('VmHWM') }
}
