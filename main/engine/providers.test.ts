import { describe, expect, it } from 'vitest'
import type { ProviderName } from '#models/api'
import { likelyAdapter } from './adapter'
import { Providers, reasonOf } from './providers'

const SOFTWARE = { platform: 'linux', driverFiles: '', renderVendors: [] }
const CARD = { platform: 'linux', driverFiles: '', renderVendors: ['0x10de'] }

/** A machine where only these providers run. */
function machine(running: readonly ProviderName[], facts = CARD): { providers: Providers; tried: string[] } {
  const tried: string[] = []
  const trial = async (provider: ProviderName): Promise<void> => {
    tried.push(provider)
    if (!running.includes(provider)) throw new Error(`no library for ${provider}.\nstack`)
  }
  return { providers: new Providers({ builtIn: ['cpu', 'webgpu', 'cuda'], facts, trial }), tried }
}

describe('providers', () => {
  it('tries the fastest first and stops at the first that runs', async () => {
    const { providers, tried } = machine(['webgpu', 'cpu'])
    expect(await providers.current()).toBe('webgpu')
    expect(await providers.current()).toBe('webgpu')
    expect(tried).toEqual(['cuda', 'webgpu'])
    expect(providers.status()).toEqual([
      { name: 'cuda', available: false, reason: 'no library for cuda' },
      { name: 'webgpu', available: true, reason: '' }
    ])
  })

  it('leaves WebGPU alone where it would run in software, and says so', async () => {
    const { providers, tried } = machine(['webgpu', 'cpu'], SOFTWARE)
    expect(await providers.current()).toBe('cpu')
    expect(tried).toEqual(['cuda', 'cpu'])
    const reasons = Object.fromEntries(providers.status().map(({ name, reason }) => [name, reason]))
    expect(reasons['webgpu']).toMatch(/no graphics card/)
    expect(reasons['dml']).toBe('not in this build of ONNX Runtime')
    expect(reasons['cpu']).toBe('')
  })

  it('takes WebGPU in software where somebody asks for it', async () => {
    const { providers } = machine(['webgpu', 'cpu'], SOFTWARE)
    await providers.choose('webgpu')
    expect(await providers.current()).toBe('webgpu')
    await providers.choose('auto')
    expect(await providers.current()).toBe('cpu')
  })

  it('keeps what ran before where the chosen one cannot be used', async () => {
    const { providers } = machine(['cpu'])
    await providers.choose('cpu')
    await expect(providers.choose('cuda')).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The provider cuda cannot be used here: no library for cuda.'
    })
    expect(await providers.current()).toBe('cpu')
  })

  it('runs on the processor in truth', async () => {
    const providers = new Providers()
    await providers.choose('cpu')
    expect(providers.status()).toContainEqual({ name: 'cpu', available: true, reason: '' })
  })
})

describe('adapter', () => {
  it.each([
    ['a card', CARD, true],
    ['no card', SOFTWARE, false],
    ['a virtual display', { ...SOFTWARE, renderVendors: ['0x1af4'] }, false],
    ['a card, and a software driver set', { ...CARD, driverFiles: '/x/vk_swiftshader_icd.json' }, false],
    ['Windows', { ...SOFTWARE, platform: 'win32' }, true],
    ['macOS', { ...SOFTWARE, platform: 'darwin' }, true]
  ])('%s', (_, facts, likely) => {
    expect(likelyAdapter(facts).likely).toBe(likely)
    expect(likelyAdapter(facts).reason === '').toBe(likely)
  })
})

describe('reasons', () => {
  it.each([
    [
      '/src/webgpu_context.cc:1 ::<lambda()> adapter_result.status == Success was false. Failed to get a WebGPU adapter: No supported adapters',
      'Failed to get a WebGPU adapter: No supported adapters'
    ],
    ['OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library', 'Failed to load shared library'],
    ['not enough memory.\n  at x.cc', 'not enough memory']
  ])('%s', (message, reason) => {
    expect(reasonOf(new Error(message))).toBe(reason)
  })
})
