import { describe, expect, it, vi } from 'vitest'
import type { ProviderName } from '#models/api'
import { float32Tensor, type Tensor } from '#models/tensor'
import type { Session, SessionOptions } from './sessions'
import { StageSessions } from './stage-sessions'

const INPUTS = new Map<string, Tensor>([['x', float32Tensor([1, 3, 8, 8])]])

interface Machine {
  readonly sessions: StageSessions
  /** 'open PROVIDER PATH', 'run PROVIDER', 'release PROVIDER', 'rebuild', 'report …' */
  readonly log: string[]
  provider: ProviderName
  keepsWorkspace: boolean
}

/** Sessions over a runtime where opening or running fails as these say. */
function machine(
  fails: { open?: (path: string) => boolean; run?: (provider: ProviderName) => boolean; until?: Promise<void> } = {}
): Machine {
  const log: string[] = []
  const state = { provider: 'webgpu' as ProviderName, keepsWorkspace: true }
  const providers = {
    current: async () => state.provider,
    report: (provider: ProviderName, reason: string) => void log.push(`report ${provider}: ${reason}`)
  }
  const compiled = {
    folder: async () => 'cache',
    rebuild: async () => {
      log.push('rebuild')
      return 'again'
    }
  }
  async function open(model: string | Uint8Array, { provider, keepsWorkspace }: SessionOptions): Promise<Session> {
    const path = String(model)
    log.push(`open ${provider} ${path}`)
    if (fails.open?.(path)) throw new Error('protobuf parsing failed.')
    return {
      provider,
      keepsWorkspace,
      inputs: [{ name: 'x', shape: [1, 3, 'H', 'W'] }],
      outputs: [
        { name: 'y', shape: [1, 'W', 'H'] },
        { name: 'z', shape: ['n'] }
      ],
      async run(_, outputs) {
        log.push(`run ${provider}`)
        await fails.until
        if (fails.run?.(provider)) throw new Error('device lost.\n  at shader 7')
        return new Map(outputs.map((name) => [name, float32Tensor([1])]))
      },
      release: async () => void log.push(`release ${provider}`)
    }
  }
  const memory = { keepsWorkspace: () => state.keepsWorkspace, makeRoom: async () => undefined }
  const sessions = new StageSessions('model.pth', compiled, providers, 2, memory, open)
  return Object.assign(state, { sessions, log })
}

describe('stage sessions', () => {
  it('are made once, when a stage runs', async () => {
    const { sessions, log } = machine()
    expect(log).toEqual([])
    expect(await sessions.run('head', INPUTS, ['y'])).toMatchObject({ provider: 'webgpu' })
    await sessions.run('head', INPUTS, ['y'])
    expect(log).toEqual(['open webgpu cache/head.portable.onnx', 'run webgpu', 'run webgpu'])
  })

  it('tell the shapes of outputs that nobody asked for, as far as the inputs tell them', async () => {
    const { sessions } = machine()
    const { outputs, shapes } = await sessions.run('head', INPUTS, [])
    expect(outputs.size).toBe(0)
    expect(shapes).toEqual(new Map([['y', [1, 8, 8]]]))
  })

  it('run a stage on the processor where a provider fails on it, and say so', async () => {
    const { sessions, log } = machine({ run: (provider) => provider === 'webgpu' })
    expect(await sessions.run('head', INPUTS, ['y'])).toMatchObject({ provider: 'cpu' })
    expect(log).toEqual([
      'open webgpu cache/head.portable.onnx',
      'run webgpu',
      'report webgpu: it failed on head, which ran on the processor: device lost',
      'release webgpu',
      'open cpu cache/head.onnx',
      'run cpu'
    ])
    log.length = 0
    // the failure is not repeated, until sessions are made anew
    await sessions.run('head', INPUTS, ['y'])
    expect(log).toEqual(['run cpu'])
    await sessions.release()
    await sessions.run('head', INPUTS, ['y'])
    expect(log).toContain('run webgpu')
  })

  it('say what failed where the processor fails, too', async () => {
    const { sessions } = machine({ run: () => true })
    await expect(sessions.run('head', INPUTS, ['y'])).rejects.toMatchObject({
      code: 'engine',
      message: 'model.pth: the stage head could not run: device lost.'
    })
  })

  it('compile a graph again that cannot be opened, once', async () => {
    const state = machine({ open: (path) => path.startsWith('cache') })
    state.provider = 'cpu'
    await state.sessions.run('head', INPUTS, ['y'])
    expect(state.log).toEqual(['open cpu cache/head.onnx', 'rebuild', 'open cpu again/head.onnx', 'run cpu'])
    const broken = machine({ open: () => true })
    broken.provider = 'cpu'
    await expect(broken.sessions.run('head', INPUTS, ['y'])).rejects.toMatchObject({ code: 'engine' })
    expect(broken.log.filter((line) => line === 'rebuild')).toHaveLength(1)
  })

  it('refuse inputs that do not fit before the runtime does', async () => {
    const { sessions, log } = machine()
    const wrong = sessions.run('head', new Map<string, Tensor>([['x', float32Tensor([1, 4, 8, 8])]]), ['y'])
    await expect(wrong).rejects.toMatchObject({
      code: 'mismatch',
      message: expect.stringContaining('takes x of shape [1, 3, H, W], and here it is [1, 4, 8, 8]')
    })
    await expect(sessions.run('head', new Map(), ['y'])).rejects.toMatchObject({ code: 'engine' })
    expect(log).not.toContain('run webgpu')
  })

  it('are loaded once where two runs need the same one at the same time', async () => {
    const { sessions, log } = machine()
    await Promise.all([sessions.run('head', INPUTS, ['y']), sessions.run('head', INPUTS, ['z'])])
    expect(log.filter((line) => line.startsWith('open'))).toHaveLength(1)
  })

  it('are not released while they run, and not loaded again for a run of a model that was closed', async () => {
    let finish = (): void => undefined
    const until = new Promise<void>((resolve) => (finish = resolve))
    const { sessions, log } = machine({ until })
    const running = sessions.run('head', INPUTS, ['y'])
    await vi.waitFor(() => expect(log).toContain('run webgpu'))
    const closed = sessions.close()
    await new Promise(setImmediate)
    expect(log).not.toContain('release webgpu')
    finish()
    await closed
    await running
    expect(log.at(-1)).toBe('release webgpu')
    await expect(sessions.run('head', INPUTS, ['y'])).rejects.toMatchObject({ code: 'cancelled' })
    expect(log.at(-1)).toBe('release webgpu')
    expect(sessions.loaded).toEqual([])
  })

  it('give up what they work with when that is no longer to be kept', async () => {
    const state = machine()
    await state.sessions.run('head', INPUTS, ['y'])
    await state.sessions.releaseWorkspaces()
    expect(state.sessions.loaded).toHaveLength(1)
    state.keepsWorkspace = false
    await state.sessions.releaseWorkspaces()
    expect(state.sessions.loaded).toEqual([])
    await state.sessions.run('head', INPUTS, ['y'])
    await state.sessions.releaseWorkspaces()
    expect(state.sessions.loaded).toHaveLength(1)
  })
})
