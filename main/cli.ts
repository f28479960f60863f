import { Command, CommanderError } from 'commander'
import packageJson from '../package.json'
import { addInspect } from './cli/inspect'
import { addPrepare } from './cli/prepare'
import { addTensors } from './cli/tensors'
import { terminal } from './cli/terminal'
import { addWords } from './cli/words'

/** The studio without a window: the same engine, from a terminal. */
async function main(words: readonly string[]): Promise<void> {
  const program = new Command('denseclip-studio')
    .description(packageJson.description)
    .version(packageJson.version)
    .showSuggestionAfterError(false)
    .configureOutput({ writeErr: (text) => terminal.write(text) })
    .exitOverride()
  addInspect(program)
  addPrepare(program)
  addTensors(program)
  addWords(program)
  await program.parseAsync(words.length > 0 ? words : ['--help'], { from: 'user' })
}

/** One line, whatever happened. */
function fail(error: unknown): void {
  if (error instanceof CommanderError) {
    // already said, as an error or as help
    process.exitCode = error.exitCode
    return
  }
  const message = error instanceof Error ? error.message : String(error)
  terminal.write(`error: ${message.replace(/\s*\n\s*/g, ' ')}\n`)
  process.exitCode = 1
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // who reads has read enough: `inspect … | head`
  if (error.code === 'EPIPE') process.exit()
  throw error
})
process.on('uncaughtException', (error) => {
  fail(error)
  process.exit()
})
await main(process.argv.slice(2)).catch(fail)
