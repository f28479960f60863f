import { env, InferenceSession, listSupportedBackends, Tensor as RuntimeTensor } from 'onnxruntime-node'
import type { ProviderName } from '#models/api'
import type { DType, Shape, Tensor } from '#models/tensor'

/*
 * The one place that knows ONNX Runtime: `shape` and `dtype` outside, its `dims` and `type` inside.
 */

/** An input or output of a graph. A size that the graph leaves open is the name that it gives to it. */
export interface SessionValue {
  readonly name: string
  readonly shape: readonly (number | string)[]
}

/** A graph that is loaded and can be run. */
export interface Session {
  readonly provider: ProviderName
  readonly keepsWorkspace: boolean
  readonly inputs: readonly SessionValue[]
  readonly outputs: readonly SessionValue[]
  /** Computes the named outputs. Blocks the thread while the graph runs. Throws the runtime's own errors. */
  run(inputs: ReadonlyMap<string, Tensor>, outputs: readonly string[]): Promise<Map<string, Tensor>>
  release(): Promise<void>
}

/** Providers that this build of the runtime knows; `cuda` and others still need libraries of the system. */
export function builtInProviders(): ProviderName[] {
  const names: readonly string[] = listSupportedBackends().map(({ name }) => name)
  const known = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const satisfies readonly ProviderName[]
  return known.filter((name) => names.includes(name))
}

// What fails is thrown, too, and reported by us: the runtime would write it to the terminal as well.
env.logLevel = 'fatal'
const LOG_FATAL = 4

export interface SessionOptions {
  readonly provider: ProviderName
  readonly threads: number
  /**
   * Whether what a run works with is kept for the next (ONNX Runtime's arena, which doubles as it grows). Without it
   * every run asks the system for fresh pages, which makes it some 7 % slower.
   */
  readonly keepsWorkspace: boolean
}

/**
 * Loads a graph from a file (with its external data beside it) or from bytes.
 * Throws the runtime's own errors, also where the provider is not there: the runtime falls back for no one.
 */
export async function openSession(
  model: string | Uint8Array,
  { provider, threads, keepsWorkspace }: SessionOptions
): Promise<Session> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    enableCpuMemArena: keepsWorkspace,
    // every session has threads of its own, which would otherwise wait for more work in a busy loop of some 50 ms and
    // take the processor from the next stage
    extra: { session: { force_spinning_stop: '1' } },
    logSeverityLevel: LOG_FATAL
  }
  const session = await (typeof model === 'string'
    ? InferenceSession.create(model, options)
    : InferenceSession.create(model, options))

  return {
    provider,
    keepsWorkspace,
    inputs: session.inputMetadata.map(valueOf),
    outputs: session.outputMetadata.map(valueOf),
    async run(inputs, outputs) {
      const feeds = Object.fromEntries(Array.from(inputs, ([name, tensor]) => [name, toRuntime(tensor)]))
      const results = await session.run(feeds, outputs)
      return new Map(
        Object.entries(results).map(([name, value]) => {
          if (!(value instanceof RuntimeTensor)) throw new TypeError(`output ${name} is no tensor`)
          return [name, fromRuntime(value)]
        })
      )
    },
    release: () => session.release()
  }
}

function valueOf(metadata: InferenceSession.ValueMetadata): SessionValue {
  return { name: metadata.name, shape: metadata.isTensor ? metadata.shape : [] }
}

function toRuntime(tensor: Tensor): RuntimeTensor {
  const { dtype, data, shape } = tensor
  switch (dtype) {
    case 'bool':
    case 'float16':
      return new RuntimeTensor(dtype, data, shape)
    case 'bfloat16':
      throw new TypeError('the runtime takes no bfloat16 from us')
    default:
      return new RuntimeTensor(dtype, data, shape)
  }
}

function fromRuntime(value: RuntimeTensor): Tensor {
  const { type, data, dims } = value
  // newer engines have a Float16Array, older ones get the bits; either way the bits are what we keep
  if (type === 'float16' && ArrayBuffer.isView(data)) {
    return tensorOf('float16', dims, new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2))
  }
  if (type === 'string' || type === 'uint32' || type === 'uint64' || type === 'uint4' || type === 'int4') {
    throw new TypeError(`the runtime gave a tensor of type ${type}`)
  }
  return tensorOf(type, dims, data)
}

/** The runtime's arrays match their type by contract; TypeScript cannot follow that through a union. */
function tensorOf(dtype: DType, shape: Shape, data: unknown): Tensor {
  return { dtype, shape, data } as Tensor
}
