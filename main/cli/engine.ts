import type { CallContext, Engine } from '#models/api'
import { createEngine } from '../engine/engine'
import { compiledModelsFolder } from './data-folder'
import { progressLine } from './output'

export type CliContext = Pick<CallContext, 'onProgress'>

/** Runs `work` with an engine of its own, showing progress where somebody is looking. */
export async function withEngine<T>(work: (engine: Engine, context: CliContext) => Promise<T>): Promise<T> {
  const line = progressLine()
  const engine = createEngine({ cacheFolder: compiledModelsFolder() })
  try {
    return await work(engine, { onProgress: line.show })
  } finally {
    line.end()
    await engine.close()
  }
}
