import { lstat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { FileStage } from '#models/architectures/architecture'
import { quoted } from '#models/checkpoints/fault'
import { StudioError } from '#models/errors'
import { float16Bits, toFloat32, type Shape, type Tensor } from '#models/tensor'
import { stateOf, type FileHashes, type HashContext } from './file-hash'
import { reasonOf } from './providers'
import { openSession, type Session, type SessionOptions } from './sessions'
import type { OwnGraph } from './stage-sessions'

/**
 * A file that is itself the graph of a stage. It is loaded from where it lies and never copied, so what was hashed and
 * what is loaded could differ: before and after loading, it and the files of its weights must be what they were.
 */
export class FileGraph implements OwnGraph {
  private constructor(
    private readonly path: string,
    private readonly stage: FileStage,
    /** by path, of the file and those with its weights */
    private readonly states: ReadonlyMap<string, string>,
    /** SHA-256 of those with its weights, hex */
    readonly hashes: readonly string[],
    readonly bytes: number
  ) {}

  /**
   * @param state of the file before anything of it was read
   * @throws StudioError `path` where its weights lie in anything but an ordinary file beside it
   */
  static async of(
    path: string,
    stage: FileStage,
    state: string,
    hashes: FileHashes,
    context: HashContext
  ): Promise<FileGraph> {
    const states = new Map([[path, state]])
    const found: string[] = []
    let bytes = (await lstat(path)).size
    for (const name of stage.dataFiles) {
      const data = join(dirname(path), name)
      // a link would lead out of the folder
      const kind = await lstat(data).catch(() => undefined)
      if (!kind?.isFile()) {
        const file = basename(path)
        const problem = kind ? 'is no ordinary file' : 'is not there'
        throw new StudioError('path', `${file}: its weights lie in ${quoted(name)} beside it, which ${problem}.`, {
          file
        })
      }
      bytes += kind.size
      states.set(data, await stateOf(data))
      found.push(await hashes.hashOf(data, context))
    }
    const graph = new FileGraph(path, stage, states, found, bytes)
    await graph.#checkUnchanged()
    return graph
  }

  /** Throws a StudioError where the processor cannot run it, and the runtime's own error for other providers. */
  async open(options: SessionOptions): Promise<Session> {
    await this.#checkUnchanged()
    let session: Session
    try {
      session = await openSession(this.path, options)
    } catch (error) {
      throw options.provider === 'cpu' ? this.#refused(error) : error
    }
    try {
      await this.#checkUnchanged()
    } catch (error) {
      await session.release()
      throw error
    }
    return this.#renamed(session)
  }

  async #checkUnchanged(): Promise<void> {
    for (const [path, state] of this.states) {
      if ((await stateOf(path)) === state) continue
      const file = basename(path)
      throw new StudioError('unreadable', `${file} was changed since it was opened: open it again.`, { file })
    }
  }

  /** The session under the names of the tensors, with float32 on both sides. */
  #renamed(session: Session): Session {
    const { input, values } = this.stage
    return {
      provider: session.provider,
      keepsWorkspace: session.keepsWorkspace,
      inputs: session.inputs.filter(({ name }) => name === input.name).map(({ shape }) => ({ name: 'image', shape })),
      // what a foreign file declares of its outputs need not be true: their shapes are known when they are there
      outputs: [],
      run: async (inputs, outputs) => {
        const image = inputs.get('image')
        if (!image) throw new StudioError('engine', 'The picture is missing.')
        const wanted = values.filter(({ tensor }) => outputs.includes(tensor))
        const given = await session.run(
          new Map([[input.name, input.dtype === 'float16' ? toFloat16(image) : image]]),
          wanted.map(({ output }) => output)
        )
        return new Map(wanted.map((value) => [value.tensor, this.#checked(value, given.get(value.output))]))
      },
      release: () => session.release()
    }
  }

  #checked({ output, axes }: FileStage['values'][number], tensor: Tensor | undefined): Tensor {
    const file = basename(this.path)
    if (!tensor) throw new StudioError('engine', `${file} gave no ${quoted(output)}.`, { file })
    const { classCount } = this.stage
    const lacksBatch = axes[0] === 'batch' && tensor.shape.length === axes.length - 1
    const shape: Shape = lacksBatch ? [1, ...tensor.shape] : tensor.shape
    const fits = (axis: string, size: number | undefined): boolean =>
      size !== undefined && size > 0 && (axis !== 'batch' || size === 1) && (axis !== 'class' || size === classCount)
    if (shape.length !== axes.length || !axes.every((axis, i) => fits(axis, shape[i]))) {
      const expected = axes.map((axis) => (axis === 'class' ? `${classCount ?? 0} classes` : axis)).join(', ')
      throw new StudioError(
        'mismatch',
        `${file}: its output ${quoted(output)} came out as [${tensor.shape.join(', ')}], and it is taken for [${expected}]: say that it is something else.`,
        { file, entry: output }
      )
    }
    const { data } = toFloat32(tensor)
    return { dtype: 'float32', shape, data }
  }

  #refused(cause: unknown): StudioError {
    const file = basename(this.path)
    const reason = reasonOf(cause).replace(/^Load model from .* failed:\s*/, '')
    const [, missing, unknown] =
      /(?:No Op registered for ([\w.:]+)|([\w.:]+)\(-?\d+\) is not a registered function\/op)/.exec(reason) ?? []
    const operator = missing ?? unknown
    const problem = operator
      ? `ONNX Runtime does not know its operator ${quoted(operator)}`
      : `ONNX Runtime does not take it (${reason})`
    return new StudioError('unsupported', `${file} cannot be run: ${problem}. Export it again for ONNX Runtime.`, {
      file,
      cause
    })
  }
}

function toFloat16(tensor: Tensor): Tensor<'float16'> {
  return { dtype: 'float16', shape: tensor.shape, data: Uint16Array.from(toFloat32(tensor).data, float16Bits) }
}
