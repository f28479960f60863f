import { app, MessageChannelMain, utilityProcess, type MessagePortMain, type WebContents } from 'electron'
import { join } from 'node:path'
import type { EngineState } from '#models/shell'
import { EngineSupervisor } from './engine-supervisor'
import { ENGINE_PORT_CHANNEL } from './shell-calls'

function fork(): Electron.UtilityProcess {
  const cache = join(app.getPath('userData'), 'compiled-models')
  return utilityProcess.fork(join(import.meta.dirname, 'engine.js'), [`--cache-folder=${cache}`], {
    serviceName: 'DenseCLIP Studio engine'
  })
}

/** Starts the engine, and keeps it running as long as the app does. */
export function superviseEngine(tell: (state: EngineState) => void): EngineSupervisor<MessagePortMain> {
  const supervisor = new EngineSupervisor<MessagePortMain>(fork, tell)
  app.on('will-quit', () => supervisor.stop())
  return supervisor
}

/** Gives the page and the engine the two ends of a new channel; what they say to each other passes no third. */
export function connectPage(engine: EngineSupervisor<MessagePortMain>, page: WebContents): void {
  const { port1, port2 } = new MessageChannelMain()
  engine.connect(port1)
  page.postMessage(ENGINE_PORT_CHANNEL, undefined, [port2])
}
