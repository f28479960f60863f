import { ENGINE_METHODS, type CallContext, type Engine } from '#models/api'
import { ENGINE_PORT_REPLY, ENGINE_PORT_REQUEST, type EngineState, type Shell } from '#models/shell'
import { StudioError } from '#models/errors'
import { connect, type Channel, type Client } from '#models/rpc'

/** A page's MessagePort as a Channel. */
function portChannel(port: MessagePort): Channel {
  return {
    post: (message, transfer) => port.postMessage(message, [...transfer]),
    listen(listener) {
      const handle = (event: MessageEvent): void => listener(event.data)
      port.addEventListener('message', handle)
      port.start()
      return () => port.removeEventListener('message', handle)
    }
  }
}

export interface EngineClient {
  /** Calls wait for the engine to be there; they fail with code `engine` if it dies meanwhile. */
  readonly api: Engine
  /** Tells of every new engine process, the first one too: nothing that was opened before is open in it. */
  onConnect(listener: () => void): () => void
  onState(listener: (state: EngineState) => void): () => void
}

interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: StudioError): void
}

function deferred<T>(): Deferred<T> {
  let resolve: Deferred<T>['resolve'] = () => undefined
  let reject: Deferred<T>['reject'] = () => undefined
  const promise = new Promise<T>((give, fail) => {
    resolve = give
    reject = fail
  })
  promise.catch(() => undefined) // where nobody waits, the engine's state alone tells of a failure
  return { promise, resolve, reject }
}

/** The engine behind the MessagePort that main hands to this page, again after every restart. */
export function connectEngine(shell: Shell, page: Window = window): EngineClient {
  const connectListeners = new Set<() => void>()
  const stateListeners = new Set<(state: EngineState) => void>()
  let client: Client<Engine> | undefined
  let connected = deferred<Client<Engine>>()
  let failed = false

  function disconnect(reason: string): void {
    if (client) connected = deferred() // calls that wait already go on waiting
    client?.close(new StudioError('engine', reason))
    client = undefined
  }

  page.addEventListener('message', (event) => {
    const port = event.ports[0]
    if (event.data !== ENGINE_PORT_REPLY || !port) return
    if (client) disconnect('The engine was replaced by a new one.')
    client = connect<Engine>(portChannel(port), ENGINE_METHODS)
    connected.resolve(client)
    for (const listener of connectListeners) listener()
  })

  function follow(state: EngineState): void {
    if (state.state === 'restarting') disconnect(`The engine stopped (${state.reason}) and starts again.`)
    if (state.state === 'failed') {
      const reason = `The engine stopped: ${state.reason}`
      disconnect(reason)
      connected.reject(new StudioError('engine', reason)) // calls fail at once until it is started again
    }
    if (failed && state.state !== 'failed') connected = deferred()
    failed = state.state === 'failed'
    if (state.state === 'ready' && !client) page.postMessage(ENGINE_PORT_REQUEST, '*')
    for (const listener of stateListeners) listener(state)
  }
  shell.onEngineState(follow)
  void shell.engineState().then(follow)

  const call = async (method: keyof Engine, request: never, context?: CallContext): Promise<unknown> => {
    const { api } = client ?? (await connected.promise)
    return api[method](request, context)
  }
  return {
    api: Object.fromEntries(
      ENGINE_METHODS.map((method) => [
        method,
        (request: never, context?: CallContext) => call(method, request, context)
      ])
    ) as unknown as Engine,
    onConnect(listener) {
      connectListeners.add(listener)
      if (client) listener()
      return () => connectListeners.delete(listener)
    },
    onState(listener) {
      stateListeners.add(listener)
      return () => stateListeners.delete(listener)
    }
  }
}
