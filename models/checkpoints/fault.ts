import { StudioError, type FileFault } from '../errors'

/** What a person can do about a refused file. */
const REMEDIES: Readonly<Record<FileFault, string>> = {
  code: 'Nothing in it was run; get the file from somebody you trust.',
  truncated: 'Download or copy it again.',
  corrupt: 'Download it again, or save it again where it was made.',
  range: 'Download it again, or save it again where it was made.',
  limit: 'If you trust it, save it again without what is named here.',
  path: 'Get the file from somebody you trust.',
  unsupported: 'Save it again as a plain state dict with torch.save.',
  'not-a-model': 'Choose the checkpoint itself.',
  unreadable: 'Check that it is there and that you may read it.'
}

/** Makes the errors of one file: the reader that meets a problem names it, this adds the file and what to do. */
export type Fail = (
  code: FileFault,
  /** what is wrong, as the end of a sentence that begins with the file's name */
  problem: string,
  details?: { entry?: string; remedy?: string; cause?: unknown }
) => StudioError

export function failIn(file: string): Fail {
  return (code, problem, { entry, remedy = REMEDIES[code], cause } = {}) =>
    new StudioError(code, `${visible(file)}: ${problem}. ${remedy}`, {
      file,
      ...(entry !== undefined && { entry }),
      ...(cause !== undefined && { cause })
    })
}

/** Text out of a file as it may stand in a message: short, in quotes, on one line and in its own direction. */
export function quoted(text: string): string {
  return `“${visible(text.slice(0, 80))}${text.length > 80 ? '…' : ''}”`
}

/** Control characters, line ends and marks that turn the direction of writing are shown as �. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, '�')
}
