import { Option, type Command } from 'commander'
import { WORD_METRICS, type WordMetric } from '#models/analysis/nearest-words'
import type { Engine, ModelInfo, RunId } from '#models/api'
import type { NearestWords, NearWord } from '#models/words-api'
import { StudioError } from '#models/errors'
import { withEngine, type CliContext } from './engine'
import { pathOf } from './lists'
import { positiveInteger } from './numbers'

interface Options {
  clip?: string
  count: number
  metric: WordMetric
  class?: number
  input?: string
  json?: boolean
}

/** `words CHECKPOINT`: what the learned contexts of a model are near to. */
export function addWords(program: Command): void {
  program
    .command('words')
    .description('for every learned context vector (DenseCLIP, CoOp, CoCoOp) the nearest words of the vocabulary')
    .argument('<checkpoint>', "the authors' checkpoint")
    .option('--clip <file>', 'the CLIP that CoOp or CoCoOp was trained on')
    .option('--count <n>', 'how many words for each vector', positiveInteger, 5)
    .addOption(
      new Option('--metric <name>', 'distance in the space of token embeddings, as CoOp does, or cosine')
        .choices(WORD_METRICS)
        .default('euclidean')
    )
    .option('--class <n>', 'of contexts that each class has for itself: of class n alone, from 1', positiveInteger)
    .option('--input <file>', 'a picture (CoCoOp): its own contexts in place of the learned ones')
    .option('--json', 'everything, as JSON')
    .addHelpText(
      'after',
      `
A word that goes on is written with a hyphen: pre-. The last column is the distance of the nearest word as a share of
the median distance to all words: near 1, every word is as near, and the nearest says little. With --metric cosine the
column is the median itself.`
    )
    .action(async (checkpoint: string, options: Options) => {
      const found = await withEngine((engine, context) => lookUp(engine, checkpoint, options, context))
      process.stdout.write(options.json ? `${JSON.stringify(found, undefined, 2)}\n` : report(found))
    })
}

async function lookUp(
  engine: Engine,
  checkpoint: string,
  options: Options,
  context: CliContext
): Promise<NearestWords> {
  const companions = options.clip === undefined ? undefined : { clip: pathOf(options.clip) }
  const model = await engine.openModel({ path: checkpoint, companions }, context)
  const run = options.input === undefined ? undefined : await runOn(engine, model, options.input, context)
  const classIndex = options.class === undefined ? undefined : options.class - 1
  return engine.nearestWords(
    { model: model.id, count: options.count, metric: options.metric, classIndex, run },
    context
  )
}

async function runOn(engine: Engine, model: ModelInfo, input: string, context: CliContext): Promise<RunId> {
  const name = model.learnedContexts?.ofPicture
  if (name === undefined) {
    throw new StudioError(
      'invalid',
      `${model.fileName}: its contexts are the same for every picture, so leave --input out.`
    )
  }
  const picture = await engine.openPicture({ path: input }, context)
  const { id } = await engine.run(
    {
      model: model.id,
      picture: picture.id,
      classes: [],
      gammaScale: 1,
      mode: { kind: 'whole' },
      scaling: 'published',
      want: [name]
    },
    context
  )
  return id
}

const written = ({ text, endsWord }: NearWord): string => (endsWord ? text : `${text}-`)

function report({ metric, words, contexts }: NearestWords): string {
  const rows = contexts.map(({ classIndex, index, nearest, median }) => {
    const best = nearest[0]?.value ?? NaN
    return [
      ...(classIndex === undefined ? [] : [`class ${classIndex + 1}`]),
      `v${index + 1}`,
      ...nearest.map((word) => `${written(word)} ${word.value.toFixed(4)}`),
      metric === 'euclidean' ? (best / median).toFixed(3) : median.toFixed(4)
    ]
  })
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  )
  const what = metric === 'euclidean' ? 'Euclidean distance' : 'cosine'
  const last = metric === 'euclidean' ? 'nearest ÷ median of all' : 'median of all'
  return [`${what} to ${words} words; last column: ${last}`, ...lines, ''].join('\n')
}
