import { describe, expect, it, vi } from 'vitest'
import { ENGINE_METHODS } from '#models/api'
import { ENGINE_PORT_REPLY, ENGINE_PORT_REQUEST, type EngineState } from '#models/shell'
import { serve, type Channel } from '#models/rpc'
import { connectEngine } from './engine'
import { FakeEngine, fakeShell } from './fake-engine'

/** A page that gets a port to a FakeEngine for every request, as preload and main do it. */
function page() {
  const listeners = new Set<(event: MessageEvent) => void>()
  const requests: string[] = []
  const engines: FakeEngine[] = []

  function port(): MessagePort {
    let toPage: ((event: MessageEvent) => void) | undefined
    const toEngine = new Set<(message: unknown) => void>()
    const channel: Channel = {
      post: (data) => queueMicrotask(() => toPage?.({ data } as MessageEvent)),
      listen(listener) {
        toEngine.add(listener)
        return () => toEngine.delete(listener)
      }
    }
    const engine = new FakeEngine()
    engines.push(engine)
    serve(channel, engine, ENGINE_METHODS)
    return {
      postMessage: (message: unknown) => queueMicrotask(() => toEngine.forEach((listener) => listener(message))),
      addEventListener: (_: string, listener: (event: MessageEvent) => void) => (toPage = listener),
      removeEventListener: () => (toPage = undefined),
      start: () => undefined
    } as unknown as MessagePort
  }

  const window = {
    addEventListener: (_: string, listener: (event: MessageEvent) => void) => listeners.add(listener),
    postMessage(message: string) {
      requests.push(message)
      const reply = { data: ENGINE_PORT_REPLY, ports: [port()] } as unknown as MessageEvent
      queueMicrotask(() => listeners.forEach((listener) => listener(reply)))
    }
  } as unknown as Window
  return { window, requests, engines }
}

function supervised() {
  let tell: (state: EngineState) => void = () => undefined
  const shell = {
    ...fakeShell(),
    engineState: async (): Promise<EngineState> => ({ state: 'starting' }),
    onEngineState: (listener: (state: EngineState) => void) => {
      tell = listener
      return () => undefined
    }
  }
  return { shell, tell: (state: EngineState) => tell(state) }
}

describe('the connection to the engine', () => {
  it('asks for a port when the engine is there; calls made before wait for it', async () => {
    const { window, requests } = page()
    const { shell, tell } = supervised()
    const client = connectEngine(shell, window)
    const status = client.api.status({})
    expect(requests).toEqual([])
    tell({ state: 'ready' })
    expect(requests).toEqual([ENGINE_PORT_REQUEST])
    expect((await status).provider).toBe('cpu')
  })

  it('fails what was under way when the engine dies, and calls the next one', async () => {
    const { window, engines } = page()
    const { shell, tell } = supervised()
    const client = connectEngine(shell, window)
    const connected = vi.fn()
    client.onConnect(connected)
    tell({ state: 'ready' })
    await vi.waitFor(() => expect(engines[0]).toBeDefined())
    await client.api.status({})
    const stuck = engines[0]
    if (stuck) stuck.gate = new Promise(() => undefined)
    const run = client.api.run({
      ...({} as Parameters<FakeEngine['run']>[0]),
      want: []
    })
    tell({ state: 'restarting', reason: 'it crashed' })
    await expect(run).rejects.toMatchObject({ code: 'engine', message: expect.stringContaining('it crashed') })
    const next = client.api.status({})
    tell({ state: 'ready' })
    expect((await next).threads).toBe(2)
    expect(connected).toHaveBeenCalledTimes(2)
  })

  it('refuses at once while the engine is given up, and waits again when it is started anew', async () => {
    const { window } = page()
    const { shell, tell } = supervised()
    const client = connectEngine(shell, window)
    tell({ state: 'failed', reason: 'it crashed, 3 times within a minute' })
    await expect(client.api.status({})).rejects.toMatchObject({ code: 'engine' })
    tell({ state: 'restarting', reason: 'ended on request' })
    const status = client.api.status({})
    tell({ state: 'ready' })
    expect((await status).provider).toBe('cpu')
  })
})
