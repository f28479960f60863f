import type { ByteSource } from '../bytes'
import { failIn } from './fault'

/** Bytes in memory as a file, for tests. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read(start, end) {
      if (start < 0 || start > end || end > bytes.length) {
        return Promise.reject(
          failIn(name)('truncated', `it has ${bytes.length} bytes, and ${start} to ${end} were asked for`)
        )
      }
      return Promise.resolve(bytes.subarray(start, end))
    }
  }
}
