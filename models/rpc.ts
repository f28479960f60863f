import type { CallContext, Progress } from './api'
import { StudioError, type ErrorCode } from './errors'

/*
 * An interface over a message channel: calls go one way, and answers, progress and errors come back.
 * Knows no transport: a MessagePort of any platform fits `Channel` with a few lines.
 */

/** The least that a transport has to offer. `transfer` lists buffers to hand over rather than copy. */
export interface Channel {
  post(message: unknown, transfer: readonly ArrayBuffer[]): void
  /** Called with every message that arrives; the return value takes the listener off. */
  listen(listener: (message: unknown) => void): () => void
}

interface WireError {
  code: ErrorCode
  message: string
  file: string | undefined
  entry: string | undefined
}

type ToServer = { type: 'call'; id: number; method: string; request: unknown } | { type: 'cancel'; id: number }

type ToClient =
  | { type: 'result'; id: number; value: unknown }
  | { type: 'error'; id: number; error: WireError }
  | { type: 'progress'; id: number; progress: Progress }

type Method = (request: never, context?: CallContext) => Promise<unknown>

function wireError(error: unknown): WireError {
  if (error instanceof StudioError) {
    return { code: error.code, message: error.message, file: error.file, entry: error.entry }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'engine', message, file: undefined, entry: undefined }
}

/** The buffers of typed arrays that are directly in `value`: handed over, since results are the caller's to keep. */
function transferable(value: unknown): ArrayBuffer[] {
  if (typeof value !== 'object' || value === null) return []
  const buffers = new Set<ArrayBuffer>()
  for (const part of Object.values(value)) {
    if (ArrayBuffer.isView(part) && part.buffer instanceof ArrayBuffer && part.byteLength === part.buffer.byteLength) {
      buffers.add(part.buffer)
    }
  }
  return [...buffers]
}

/**
 * Answers calls that arrive on `channel` with the named methods of `target`, and only those.
 * Results must not be kept by `target`: their buffers are handed over.
 */
export function serve<T extends object>(
  channel: Channel,
  target: T,
  methods: readonly (keyof T & string)[]
): () => void {
  const running = new Map<number, AbortController>()
  const allowed = new Set<string>(methods)

  async function call(id: number, name: string, request: unknown): Promise<void> {
    const controller = new AbortController()
    running.set(id, controller)
    const post = (message: ToClient, transfer: ArrayBuffer[] = []): void => channel.post(message, transfer)
    try {
      if (!allowed.has(name)) throw new StudioError('invalid', `There is no method “${name}”.`)
      const method = target[name as keyof T] as unknown as Method
      const context: CallContext = {
        signal: controller.signal,
        onProgress: (progress) => post({ type: 'progress', id, progress })
      }
      const value = await method.call(target, request as never, context)
      post({ type: 'result', id, value }, transferable(value))
    } catch (error) {
      post({ type: 'error', id, error: wireError(error) })
    } finally {
      running.delete(id)
    }
  }

  return channel.listen((message) => {
    const received = message as ToServer
    if (received.type === 'call') void call(received.id, received.method, received.request)
    else if (received.type === 'cancel') running.get(received.id)?.abort(new StudioError('cancelled', 'Cancelled.'))
  })
}

export interface Client<T> {
  readonly api: T
  /** Fails every call that is under way, with this error, and takes the listener off. */
  close(error: StudioError): void
}

/** A `T` whose methods are calls over `channel`. */
export function connect<T extends object>(channel: Channel, methods: readonly (keyof T & string)[]): Client<T> {
  interface Pending {
    resolve(value: unknown): void
    reject(error: unknown): void
    onProgress: CallContext['onProgress']
  }
  const pending = new Map<number, Pending>()
  let lastId = 0
  let closed: StudioError | undefined

  const unlisten = channel.listen((message) => {
    const received = message as ToClient
    const call = pending.get(received.id)
    if (!call) return
    if (received.type === 'progress') {
      call.onProgress?.(received.progress)
      return
    }
    pending.delete(received.id)
    if (received.type === 'result') call.resolve(received.value)
    else {
      const { code, message: text, file, entry } = received.error
      call.reject(
        new StudioError(code, text, { ...(file !== undefined && { file }), ...(entry !== undefined && { entry }) })
      )
    }
  })

  function invoke(method: string, request: unknown, context: CallContext = {}): Promise<unknown> {
    if (closed) return Promise.reject(closed)
    const { signal } = context
    if (signal?.aborted) return Promise.reject(new StudioError('cancelled', 'Cancelled.'))
    const id = ++lastId
    const result = new Promise<unknown>((resolve, reject) => {
      pending.set(id, { resolve, reject, onProgress: context.onProgress })
    })
    const cancel = (): void => channel.post({ type: 'cancel', id } satisfies ToServer, [])
    signal?.addEventListener('abort', cancel, { once: true })
    channel.post({ type: 'call', id, method, request } satisfies ToServer, [])
    return result.finally(() => signal?.removeEventListener('abort', cancel))
  }

  const api = Object.fromEntries(
    methods.map((method) => [method, (request: unknown, context?: CallContext) => invoke(method, request, context)])
  ) as T

  return {
    api,
    close(error) {
      closed = error
      unlisten()
      for (const call of pending.values()) call.reject(error)
      pending.clear()
    }
  }
}
