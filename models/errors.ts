/** Why a file was refused. The classes are those that a person can act on differently. */
export type FileFault =
  /** names a function that runs code */
  | 'code'
  /** ends before it should */
  | 'truncated'
  /** contradicts itself or its format */
  | 'corrupt'
  /** a tensor reaches outside its storage, or data overlap */
  | 'range'
  /** too large, too deep, or inflates too much */
  | 'limit'
  /** a name that leaves its folder */
  | 'path'
  /** a known thing that is not read here (encrypted, 7z, …) */
  | 'unsupported'
  /** something else altogether (a web page, a Git LFS pointer, an empty file) */
  | 'not-a-model'
  /** cannot be opened or read at all */
  | 'unreadable'

export type ErrorCode =
  | FileFault
  /** what the user asked for does not make sense here (a bad option, an unknown tensor name) */
  | 'invalid'
  /** a phrase that does not fit the context of the text encoder */
  | 'too-long'
  /** two things that have to fit do not (widths, class lists, sizes) */
  | 'mismatch'
  /** the model cannot give what was asked for */
  | 'unavailable'
  /** ended by the user or replaced by a newer request */
  | 'cancelled'
  /** the engine died or the provider failed */
  | 'engine'

export interface ErrorDetails {
  /** name of the file it is about, without its folder */
  file?: string
  /** place in the file: an archive entry, a tensor name, a byte offset in words */
  entry?: string
  cause?: unknown
}

/**
 * An error meant for a person: `message` is one sentence that says what is wrong and what to do.
 * It crosses processes as { code, message, file, entry } (see rpc.ts).
 */
export class StudioError extends Error {
  override readonly name = 'StudioError'
  readonly file: string | undefined
  readonly entry: string | undefined

  constructor(
    readonly code: ErrorCode,
    message: string,
    details: ErrorDetails = {}
  ) {
    super(message, { cause: details.cause })
    this.file = details.file
    this.entry = details.entry
  }
}

/** Errors that a signal raised, of either kind: ours or the platform's AbortError. */
export function isCancelled(error: unknown): boolean {
  return (
    (error instanceof StudioError && error.code === 'cancelled') ||
    (error instanceof Error && error.name === 'AbortError')
  )
}
