import { Command, CommanderError } from 'commander'
import packageJson from '../package.json'
import { addInspect } from './cli/inspect'
import { addPrepare } from './cli/prepare'
import { addTensors } from './cli/tensors'

/** The studio without a window: the same engine, from a terminal. */
async function main(words: readonly string[]): Promise<void> {
  const program = new Command('denseclip-studio')
    .description(packageJson.description)
    .version(packageJson.version)
    .showSuggestionAfterError(false)
    .configureHelp({ showGlobalOptions: false })
    .exitOverride()
  addInspect(program)
  addPrepare(program)
  addTensors(program)
  await program.parseAsync(words.length > 0 ? words : ['--help'], { from: 'user' })
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (error instanceof CommanderError) {
    // already said, on stderr or as help
    process.exitCode = error.exitCode
  } else {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`error: ${message.replace(/\s*\n\s*/g, ' ')}\n`)
    process.exitCode = 1
  }
}
