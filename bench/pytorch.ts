import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

/** Stages as bench/pytorch/serve.py names them. */
export type TorchStage =
  'image_encoder' | 'text_encoder' | 'context_decoder_score_map' | 'neck_head' | 'resize' | 'whole'

/** What serve.py reads: see there. */
export interface TorchJob {
  readonly sizes: string
  readonly archive: string
  readonly tensors: Readonly<Record<string, { entry: string; shape: readonly number[]; dtype: string }>>
  readonly input: string
  readonly inputShape: readonly number[]
  readonly ids: readonly (readonly number[])[]
  readonly threads: number
}

/** Debian's first: it is the one that has python3-torch. */
const PYTHONS = ['/usr/bin/python3', 'python3']

/** A Python that has PyTorch and NumPy, or undefined. */
export function pythonWithTorch(): string | undefined {
  return PYTHONS.find((python) => {
    try {
      execFileSync(python, ['-c', 'import numpy, torch'], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })
}

/** PyTorch in a process of its own that waits between stages, so that measurements can alternate with ours. */
export class PyTorch {
  private constructor(
    private readonly child: ChildProcess,
    private readonly ask: (request: string) => Promise<string>,
    /** 'PyTorch 1.13.0, OpenBLAS, 2 threads' */
    readonly version: string
  ) {}

  /** Loads the weights and runs everything once; resolves when it is ready to be timed. */
  static async start(python: string, script: string, jobFile: string): Promise<PyTorch> {
    const child = spawn(python, [script, jobFile], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const next = async (): Promise<string> => {
      const line = await lines.next()
      if (line.done === true) throw new Error('PyTorch’s process ended; its message is above.')
      return line.value
    }
    const { torch, blas, threads } = JSON.parse(await next()) as { torch: string; blas: string; threads: number }
    const ask = (request: string): Promise<string> => {
      child.stdin.write(`${request}\n`)
      return next()
    }
    return new PyTorch(child, ask, `PyTorch ${torch}, ${blas}, ${threads} threads`)
  }

  /** Milliseconds of one run. */
  async time(stage: TorchStage): Promise<number> {
    const { ms } = JSON.parse(await this.ask(JSON.stringify({ stage }))) as { ms: number }
    return ms
  }

  /** Writes score_map.npy and seg_logits_low.npy beside the job. */
  async save(): Promise<void> {
    await this.ask(JSON.stringify({ stage: '--save' }))
  }

  stop(): void {
    this.child.kill()
  }
}
