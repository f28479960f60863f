import { join } from 'node:path'
import { createEngine } from '../main/engine/engine'
import { clipTokenizer } from '../main/engine/resources'
import { physicalCores } from '../main/engine/threads'
import { checkAgreement } from './agreement'
import { ensureDenseClip, writeTorchJob } from './checkpoints'
import { freshFolder } from './files'
import { measureForward } from './forward'
import { machineLines } from './machine'
import { measureOpening } from './opening'
import { publishedResNet50, publishedVitB16, type PublishedModel } from './published'
import { PyTorch, pythonWithTorch } from './pytorch'
import { table } from './report'

const NO_TORCH =
  'no PyTorch found, so no ratios (on Debian: apt-get install python3-torch python3-numpy libopenblas0-pthread)'

/** By the names that they have on the command line of the benchmark. */
export const MODELS: Readonly<Record<string, () => PublishedModel>> = {
  rn50: publishedResNet50,
  'vit-b-16': publishedVitB16
}

/** Measures the engine on one model, in this process and in some of its own, and prints the table. */
export async function measureModel(model: PublishedModel, rounds: number): Promise<void> {
  const note = (what: string): void => console.error(`${model.title}: ${what}`)
  note('writing the checkpoint')
  const checkpoint = await ensureDenseClip(model)
  note('opening')
  const opening = await measureOpening(model, checkpoint, Math.min(rounds, 5))

  const engine = createEngine({ cacheFolder: await freshFolder('cache') })
  await engine.useProvider({ provider: 'cpu' })
  const info = await engine.openModel({ path: checkpoint })
  const torch = await startTorch(model, checkpoint, note)
  try {
    if (torch) {
      const error = await checkAgreement(engine, info, torch.picture, torch.process, torch.job)
      note(`both sides compute the same, to a relative error of ${error.toExponential(1)}`)
    }
    note(`forward, ${rounds} rounds`)
    const forward = await measureForward(engine, model, info, torch?.process, rounds)
    const conditions = machineLines(
      `Node ${process.versions.node}, ONNX Runtime on the CPU, ${physicalCores()} threads`,
      torch?.process.version ?? NO_TORCH
    )
    console.log(table(model.title, [...opening, ...forward], conditions))
  } finally {
    torch?.process.stop()
    await engine.closeModel({ model: info.id })
  }
}

async function startTorch(
  model: PublishedModel,
  checkpoint: string,
  note: (what: string) => void
): Promise<{ process: PyTorch; job: string; picture: string } | undefined> {
  const python = pythonWithTorch()
  if (python === undefined) return undefined
  note('starting PyTorch')
  const folder = await freshFolder('pytorch')
  const threads = physicalCores()
  const { job, picture } = await writeTorchJob(folder, model, checkpoint, await clipTokenizer(), threads)
  const script = join(import.meta.dirname, '../../bench/pytorch/serve.py')
  return { process: await PyTorch.start(python, script, job), job, picture }
}
