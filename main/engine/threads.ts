import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/**
 * Cores that this process may use, counted once each: a second thread of the same core gives matrix products nothing.
 * Where the system does not tell which threads share a core, every thread counts.
 */
export function physicalCores(): number {
  const available = availableParallelism()
  if (process.platform !== 'linux') return available
  try {
    const cores = coresOf(readFileSync('/proc/cpuinfo', 'utf8'))
    return cores > 0 ? Math.min(cores, available) : available
  } catch {
    return available
  }
}

/** Distinct pairs of socket and core in Linux's list of processors; 0 where it names none (ARM). */
export function coresOf(cpuinfo: string): number {
  const cores = new Set<string>()
  for (const block of cpuinfo.split('\n\n')) {
    const socket = /^physical id\s*:\s*(\d+)/m.exec(block)?.[1]
    const core = /^core id\s*:\s*(\d+)/m.exec(block)?.[1]
    if (socket !== undefined && core !== undefined) cores.add(`${socket}/${core}`)
  }
  return cores.size
}
