import type { Fact, CompanionName, TensorSpec } from './architectures/architecture'
import type { Note } from './checkpoints/checkpoint'
import type { ComparedKey } from './checkpoints/comparison'
import type { Resizing } from './graph/scope'
import type { DType, Shape } from './tensor'

/* What the engine answers about the inside of checkpoint files (api.ts). */

/** A tensor of a file, under its name as stored. */
export interface StoredEntry {
  readonly name: string
  readonly dtype: DType
  readonly shape: Shape
}

/** A tensor that the family knows by another name, or that it makes of several (q, k and v as one). */
export interface Renamed {
  readonly name: string
  readonly stored: readonly string[]
}

/** Everything `inspect` prints and the doctor shows, whether or not the family is known. */
export interface Inspection {
  readonly path: string
  readonly fileName: string
  readonly fileBytes: number
  readonly hash: string
  readonly format: string
  readonly container: readonly string[]
  readonly otherContainers: readonly string[]
  /** undefined: no family knows it; its tensors can be browsed all the same */
  readonly detection:
    | {
        readonly system: string
        readonly summary: string
        readonly reason: string
        readonly facts: readonly Fact[]
        readonly classes: readonly string[]
        readonly tensors: readonly TensorSpec[]
        /** by the names that the family goes by */
        readonly missing: readonly string[]
        readonly unexpected: readonly string[]
        readonly renamed: readonly Renamed[]
        readonly resized: readonly (Resizing & { readonly name: string })[]
        /** other files without which it is not run */
        readonly needs: readonly CompanionName[]
        readonly alternatives: readonly string[]
      }
    | undefined
  /** why a family that the file seems to be of does not take it, and the setting that may help */
  readonly refusal: { readonly message: string; readonly setting: string | undefined } | undefined
  readonly entries: readonly StoredEntry[]
  /** those of the other containers, under `CONTAINER.NAME` */
  readonly otherEntries: readonly StoredEntry[]
  readonly parameterCount: number
  /** values that are NaN or infinite; counted only where asked for, since it reads every weight */
  readonly notFinite: number | undefined
  /** how many in each tensor that has any */
  readonly notFiniteIn: readonly { readonly name: string; readonly count: number }[] | undefined
  readonly notes: readonly Note[]
}

/** Two checkpoints key by key. */
export interface Comparison {
  /** the family by whose names they are compared; undefined: by the names as stored, since they are not of one */
  readonly family: string | undefined
  readonly rows: readonly ComparedKey[]
}
