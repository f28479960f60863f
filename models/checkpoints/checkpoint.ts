import type { ByteSource } from '../bytes'
import type { DType, Shape, Tensor } from '../tensor'

/** A tensor of a checkpoint, still in its file: nothing is read before `read` is called. */
export interface StoredTensor {
  readonly name: string
  readonly dtype: DType
  readonly shape: Shape
  /** those that it is made of, where it is another view of stored tensors */
  readonly sources?: readonly StoredTensor[]
  /** All values, row-major, in the stored dtype. Throws a StudioError that names the file and the tensor. */
  read(): Promise<Tensor>
  /** Rows [start, end) of the first axis, without reading the others where they lie contiguous. */
  readRows(start: number, end: number): Promise<Tensor>
}

/** Names as stored (with `module.` and the like), in the order of the file. */
export type StateDict = ReadonlyMap<string, StoredTensor>

/** What a file holds besides tensors, as inert data. Dicts are Maps: their keys may be any text, `__proto__` too. */
export type Plain =
  null | boolean | number | bigint | string | Uint8Array | readonly Plain[] | PlainDict | UnknownObject | StoredTensor
/** An interface, since a type alias may not refer to itself through Map. Keys that are not text are written as text. */
export interface PlainDict extends ReadonlyMap<string, Plain> {}

/** A placeholder for an object of a class that the reader does not know: its name and nothing that could run. */
export interface UnknownObject {
  readonly unknownClass: string
}

/** Something about a file that a user should know, although it opened: one sentence. */
export interface Note {
  readonly code: 'skipped' | 'not-finite' | 'checksum' | 'choice' | 'renamed' | 'assumed'
  readonly message: string
}

/** An input or output of a graph that a file holds, as the file declares it. */
export interface StoredValue {
  readonly name: string
  /** undefined where it is no tensor, or of a type that is not read here */
  readonly dtype: DType | undefined
  /** a size that is left open is its name, '' without one; undefined where nothing is said */
  readonly shape: readonly (number | string)[] | undefined
}

/** The operators that a file holds beside its weights: what can be run as it is. */
export interface StoredGraph {
  /** without those that have a value in the file */
  readonly inputs: readonly StoredValue[]
  readonly outputs: readonly StoredValue[]
  /** of all graphs together, those inside of others too */
  readonly nodeCount: number
  /** each once, without what the file itself defines; those that are not ONNX's own with their domain: 'com.microsoft.Gelu' */
  readonly operators: readonly string[]
  /** what the exporter wrote beside it, such as class names */
  readonly metadata: ReadonlyMap<string, string>
  /** other files with values, relative to the file's folder */
  readonly dataFiles: readonly string[]
}

export interface Checkpoint {
  /** name of the CheckpointFormat that read it, or 'torchscript' for that kind of PyTorch's archives */
  readonly format: string
  readonly source: ByteSource
  /** the weights: `state_dict`, `model`, or the top level itself; never an EMA copy unless there is nothing else */
  readonly stateDict: StateDict
  /** keys that lead to `stateDict`; [] is the top level */
  readonly container: readonly string[]
  /** other state dicts of the file (EMA copies, `clip` beside `vision`) by their key */
  readonly others: ReadonlyMap<string, StateDict>
  /** the rest of the file's top level (`meta`, `epoch`, …), without optimizer states */
  readonly extras: ReadonlyMap<string, Plain>
  /** of formats that hold more than weights */
  readonly graph?: StoredGraph
  readonly notes: readonly Note[]
}

export interface CheckpointFormat {
  readonly name: string
  /** Whether a file with these first bytes (up to 4 KiB) and this name is of the format. */
  match(head: Uint8Array, name: string): boolean
  /** Reads the structure, never the weights. Throws a StudioError with a FileFault code. */
  read(source: ByteSource): Promise<Checkpoint>
}
