import { parseArgs } from 'node:util'
import { ENGINE_METHODS } from '#models/api'
import { serve, type Channel } from '#models/rpc'
import { createEngine } from './engine'

/*
 * Entry of the utility process: one engine, served over every port that main hands in.
 * Main ends the process by killing it; a run cannot be ended otherwise.
 */

type Port = Electron.MessagePortMain

function channelOf(port: Port): Channel {
  return {
    // Electron copies what is posted: it hands over ports only
    post: (message) => port.postMessage(message),
    listen(listener) {
      const onMessage = ({ data }: Electron.MessageEvent): void => listener(data)
      port.on('message', onMessage)
      port.start()
      return () => port.off('message', onMessage)
    }
  }
}

const { values } = parseArgs({ options: { 'cache-folder': { type: 'string' } }, strict: false })
const cacheFolder = values['cache-folder']
if (typeof cacheFolder !== 'string') throw new Error('--cache-folder is missing')
const engine = createEngine({ cacheFolder })

process.parentPort.on('message', ({ ports }) => {
  for (const port of ports) {
    const unserve = serve(channelOf(port), engine, ENGINE_METHODS)
    port.once('close', unserve)
  }
})
