import type { EngineState } from '#models/shell'

/** The part of a process that is supervised; Electron's UtilityProcess fits. */
export interface EngineChild<Port> {
  postMessage(message: unknown, ports: Port[]): void
  kill(): boolean
  once(event: 'spawn', listener: () => void): unknown
  once(event: 'exit', listener: (code: number) => void): unknown
}

/** So many deaths within so many milliseconds, and starting it once more will not help. */
export const MAX_DEATHS = 3
const DEATH_WINDOW_MS = 60_000

/**
 * Keeps one engine process running: starts it again when it ends, tells why it ended, and gives up when it ends again
 * and again. Only deaths nobody asked for count.
 */
export class EngineSupervisor<Port> {
  #child: EngineChild<Port> | undefined
  #state: EngineState = { state: 'starting' }
  /** when it died, unasked, in milliseconds */
  #deaths: number[] = []

  /** `start` launches a process; `tell` hears of every change of state; `now` is a clock in milliseconds. */
  constructor(
    private readonly start: () => EngineChild<Port>,
    private readonly tell: (state: EngineState) => void,
    private readonly now: () => number = () => performance.now()
  ) {
    this.#launch()
  }

  get state(): EngineState {
    return this.#state
  }

  /** Hands the engine its end of a channel. Messages wait in it until the engine listens. */
  connect(port: Port): void {
    this.#child?.postMessage({ type: 'port' }, [port])
  }

  /** Ends the process at once, whatever it does, and starts a new one; also after it was given up. */
  restart(): void {
    this.#deaths = []
    this.#replace('ended on request')
  }

  /** Ends the process for good. */
  stop(): void {
    const child = this.#child
    this.#child = undefined
    child?.kill()
  }

  #replace(reason: string): void {
    this.stop()
    this.#become({ state: 'restarting', reason })
    this.#launch()
  }

  #launch(): void {
    const child = this.start()
    this.#child = child
    child.once('spawn', () => {
      if (child === this.#child) this.#become({ state: 'ready' })
    })
    child.once('exit', (code) => {
      if (child === this.#child) this.#died(reasonOf(code))
    })
  }

  #died(reason: string): void {
    const now = this.now()
    this.#deaths = [...this.#deaths.filter((death) => now - death < DEATH_WINDOW_MS), now]
    if (this.#deaths.length < MAX_DEATHS) {
      this.#replace(reason)
      return
    }
    this.#child = undefined
    this.#become({ state: 'failed', reason: `${reason}, ${this.#deaths.length} times within a minute` })
  }

  #become(state: EngineState): void {
    this.#state = state
    this.tell(state)
  }
}

/** Exit codes of POSIX that tell something to a person: the number of the signal, or 128 more. */
const SIGNALS: Readonly<Record<number, string>> = {
  4: 'it ran an instruction that this processor lacks',
  6: 'it gave up on an error of its own',
  9: 'it was killed, perhaps for want of memory',
  11: 'it crashed',
  15: 'it was ended from outside'
}

function reasonOf(code: number): string {
  const signal = SIGNALS[code] ?? SIGNALS[code - 128]
  return signal ?? `it ended with status ${code}`
}
