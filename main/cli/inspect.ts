import { Option, type Command } from 'commander'
import type { Engine } from '#models/api'
import { withEngine, type CliContext } from './engine'
import { inspectionReport } from './inspect-report'
import { pathOf } from './lists'
import { addSourceOptions, modelSource, type SourceOptions } from './model-source'
import { block } from './text-table'
import { comparisonReport, weightsTable } from './weights-report'

interface Options extends SourceOptions {
  json?: boolean
  weights?: boolean
  compare?: string
}

/** `inspect CHECKPOINT`: what a file is and holds, whether or not a family is known for it. */
export function addInspect(program: Command): void {
  const command = program
    .command('inspect')
    .description('say what a checkpoint is: family, sizes, classes, tensors, what is missing, unexpected or renamed')
    .argument('<checkpoint>', 'PyTorch, TorchScript, safetensors, ONNX or NumPy file')
    .option('--weights', 'also what the values of each tensor are like')
    .addOption(
      new Option('--compare <file>', 'instead, what differs from another checkpoint, key by key').conflicts('weights')
    )
    .option('--json', 'everything, as JSON')
  addSourceOptions(command).action(async (checkpoint: string, options: Options) => {
    process.stdout.write(await withEngine((engine, context) => answer(engine, checkpoint, options, context)))
  })
}

async function answer(engine: Engine, path: string, options: Options, context: CliContext): Promise<string> {
  const source = await modelSource(path, options)
  if (options.compare !== undefined) {
    const second = { path: pathOf(options.compare) }
    const comparison = await engine.compareCheckpoints({ first: source, second }, context)
    return options.json ? json(comparison) : comparisonReport(comparison, [path, second.path])
  }
  const inspection = await engine.inspect({ ...source, countNotFinite: true }, context)
  if (!options.weights) return options.json ? json(inspection) : inspectionReport(inspection)
  const entries = [...inspection.entries, ...inspection.otherEntries]
  const names = entries.map(({ name }) => name)
  const weights = await engine.weights({ path, names }, context)
  if (options.json) return json({ ...inspection, weights: weights.map((found, i) => ({ name: names[i], ...found })) })
  return inspectionReport(inspection) + [...block('weights', weightsTable(entries, weights)), ''].join('\n')
}

const json = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`
