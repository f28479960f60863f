/** A file, or anything else of known size whose bytes can be read by position. */
export interface ByteSource {
  /** name to show: without its folder */
  readonly name: string
  readonly size: number
  /**
   * The bytes of [start, end), exactly `end - start` of them, as a copy or a view that the caller must not write to.
   * Throws a StudioError `truncated` if the source has fewer.
   */
  read(start: number, end: number): Promise<Uint8Array>
}
