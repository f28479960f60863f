import { writeSync } from 'node:fs'
import { isatty } from 'node:tty'

/**
 * Where the person reads messages. Libraries of graphics drivers and providers write to stderr whatever they like, so the
 * launcher (scripts/cli.mjs) closes that and hands the real one over as another descriptor.
 */
const descriptor = Number(process.env['DENSECLIP_STUDIO_STDERR'] ?? 2)

export const terminal = {
  /** whether somebody is looking */
  isTTY: isatty(descriptor),
  write(text: string): void {
    writeSync(descriptor, text)
  }
}
