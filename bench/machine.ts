import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem, type } from 'node:os'

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}

/** What the numbers were measured on, as lines of Markdown. */
export function machineLines(torch: string | undefined): string[] {
  const processors = cpus()
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`
  return [
    `- ${processors[0]?.model.trim() ?? 'unknown processor'}, ${processors.length} cores, ${memory}, ${type()} ${release()}`,
    `- Node ${process.versions.node}, ONNX Runtime on the CPU, ${processors.length} threads`,
    `- ${torch ?? 'no PyTorch found (on Debian: apt-get install python3-torch libopenblas0-pthread), so no ratios'}`,
    `- ${new Date().toISOString().slice(0, 10)}, commit ${commit()}, \`npm run bench\``
  ]
}
