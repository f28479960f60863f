import { readFileSync } from 'node:fs'

/** The most memory that this process ever had resident, in bytes; undefined where the system does not tell. */
export function peakResidentBytes(): number | undefined {
  if (process.platform !== 'linux') return undefined
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}
