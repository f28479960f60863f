import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem, type } from 'node:os'

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}

/** What the numbers were measured on and with, as lines of Markdown. */
export function machineLines(...software: readonly string[]): string[] {
  const processors = cpus()
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`
  const model = processors[0]?.model.trim() ?? 'unknown processor'
  return [
    `- ${model}, ${processors.length} cores, ${memory}, ${type()} ${release()}`,
    ...software.map((line) => `- ${line}`),
    `- ${new Date().toISOString().slice(0, 10)}, commit ${commit()}, \`npm run bench\``
  ]
}
