import type { Engine, RunInfo, RunRequest } from '#models/api'
import { isCancelled, type StudioError } from '#models/errors'
import { MAX_MODELS } from './choices'
import { Latest } from './latest'
import type { ModelSlot } from './model-slot.svelte'
import { studioError } from './resource.svelte'
import { slotScores } from './sam-prompts'
import type { Session } from './session.svelte'
import { Turns } from './turns'

/** What shows that the decoder has run: all its answers are made of it, and of all the smallest. */
const DECODED = 'seg_logits_low'
/** What is wanted before the decoder's answer. */
const SCORES: readonly string[] = ['score_map']

/** What a run of the slots changes for others. */
interface Followers {
  /** there is a new answer that runs of other models, or further ones of this, may be made of */
  readonly onAnswer: () => void
  /** the run that was asked for is there as a whole, or another was asked for in its place */
  readonly onDone: (slot: ModelSlot) => void
  /** no newer run will come */
  readonly onFailed: (slot: ModelSlot) => void
}

/** Runs the models of the slots, of each the newest request alone, and puts what they answer into their slots. */
export class SlotRuns {
  readonly #engine: Engine
  readonly #session: Pick<Session, 'slots' | 'tasks' | 'results' | 'probes'>
  readonly #followers: Followers
  readonly #latest = new Latest()
  /** the engine runs one graph at a time: the turns decide whose */
  readonly #turns = new Turns()
  /** the run that a slot shows or is about to show, by its key */
  readonly #asked = new Map<ModelSlot, string>()

  constructor(engine: Engine, session: Pick<Session, 'slots' | 'tasks' | 'results' | 'probes'>, followers: Followers) {
    this.#engine = engine
    this.#session = session
    this.#followers = followers
  }

  /** Runs a model, unless that is the run that it shows or is about to show; equal keys are equal runs. */
  ask(slot: ModelSlot, key: string, request: Omit<RunRequest, 'want'>, prompted?: readonly string[]): void {
    if (this.#asked.get(slot) === key) return
    this.#asked.set(slot, key)
    void this.#run(slot, request, prompted)
  }

  /** Ends the run of a slot, to be asked again. What was shown before stays. */
  end(slot: ModelSlot): void {
    this.#asked.delete(slot)
    this.#latest.cancel(runKey(slot))
  }

  /** Nothing that was asked before answers for what is chosen now. */
  drop(slot: ModelSlot): void {
    this.end(slot)
    slot.run = slot.presence = slot.runError = undefined
  }

  endAll(): void {
    this.#latest.cancelAll()
    this.forgetAsked()
  }

  /** Every run counts as new, whatever was asked before. */
  forgetAsked(): void {
    this.#asked.clear()
  }

  /**
   * The score map first, since it is what is looked at, then the decoder's answer. Of several models all score maps come
   * before all decoders, and model A before the others.
   */
  async #run(slot: ModelSlot, request: Omit<RunRequest, 'want'>, prompted?: readonly string[]): Promise<void> {
    slot.stale = true
    slot.runError = slot.decoderError = undefined
    try {
      await this.#latest.run(runKey(slot), async (signal) => {
        const inTurn = (phase: number, work: () => Promise<void>): Promise<void> =>
          this.#turns.take(phase * MAX_MODELS + this.#session.slots.indexOf(slot), signal, work)
        const first = prompted ?? SCORES.filter((name) => slot.has(name))
        await inTurn(0, () => this.#runFor(slot, { ...request, want: first }, signal))
        await inTurn(1, async () => {
          const want = [...SCORES, DECODED].filter((name) => slot.has(name))
          if (!prompted && want.includes(DECODED)) await this.#runFor(slot, { ...request, want }, signal)
          await this.#measurePresence(slot)
        })
      })
      // what it was asked about the picture waited for the picture to be encoded
      if (prompted) this.#followers.onAnswer()
      this.#followers.onDone(slot)
    } catch (error) {
      // the next engine runs it again
      if (isCancelled(error)) return
      slot.runError = studioError(error)
      this.#followers.onFailed(slot)
    }
  }

  async #runFor(slot: ModelSlot, request: RunRequest, signal: AbortSignal): Promise<void> {
    const { want } = request
    const run = await this.#session.tasks
      .track('run', slot.letter, signal, (context) => this.#engine.run(request, context))
      .catch((error: unknown) => withoutDecoder(slot, want, studioError(error)))
    signal.throwIfAborted()
    if (!run) return
    const before = slot.run?.id === run.id ? slot.run.stages : []
    // a stage that this run took from before was timed by the run that computed it
    const stages = run.stages.map((stage) =>
      stage.reused ? (before.find(({ id }) => id === stage.id) ?? stage) : stage
    )
    slot.run = { ...run, stages }
    slot.stale = false
    slot.decoded = want.includes(DECODED)
    this.#session.probes.refresh(slot)
    // the engine answers nothing else while a decoder runs, so the window has the scores before that
    if (want.includes('score_map')) await this.#fetchScores(slot, run)
    signal.throwIfAborted()
  }

  /** What every pane with a score map asks for, in every window. */
  async #fetchScores(slot: ModelSlot, run: RunInfo): Promise<void> {
    const { results } = this.#session
    const maps = await Promise.all(run.windows.map((_, window) => results.tensor(run.id, 'score_map', window)))
    if (slot.run?.id !== run.id || slot.scores?.run === run.id) return
    slot.scores = maps[0] && slotScores(run, maps[0])
    // models that are told what a score map says
    this.#followers.onAnswer()
  }

  async #measurePresence(slot: ModelSlot): Promise<void> {
    const { run } = slot
    const from = slot.decoded ? 'seg_logits' : 'score_map'
    if (!run || !slot.has(from)) return
    const map = await this.#session.results.labelMap(run.id, from)
    if (slot.run?.id !== run.id) return
    const pixels = map.width * map.height
    slot.presence = { from, shares: new Map(run.classes.map((name, i) => [name, (map.counts[i] ?? 0) / pixels])) }
  }
}

const runKey = (slot: ModelSlot): string => String(slot.id)

/** A decoder takes only as many classes as it was trained for, while score maps take any: that is no failed run. */
function withoutDecoder(slot: ModelSlot, want: readonly string[], error: StudioError): undefined {
  if (error.code !== 'mismatch' || !want.includes(DECODED)) throw error
  slot.decoderError = error
}
