import type { FileFault } from '../errors'

/** A file that is something else, and what a person should do then. */
export interface Foreign {
  readonly code: FileFault
  readonly problem: string
  readonly remedy: string
}

const TEXT_CHARACTERS = 512
const AGAIN = 'Download it again.'
const UNPACK = 'Unpack it and open the checkpoint inside.'

interface Signature extends Foreign {
  readonly bytes: readonly number[]
  readonly at?: number
}

const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0))

const packed = (what: string, bytes: readonly number[], at = 0): Signature => ({
  code: 'unsupported',
  problem: `it is a ${what}`,
  remedy: UNPACK,
  bytes,
  at
})

const picture = (what: string, bytes: readonly number[]): Signature => ({
  code: 'not-a-model',
  problem: `it is a ${what} picture, not a checkpoint`,
  remedy: 'Open it as a picture, or choose the checkpoint itself.',
  bytes
})

const SIGNATURES: readonly Signature[] = [
  packed('7z archive', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]),
  packed('RAR archive', ascii('Rar!')),
  packed('gzip archive', [0x1f, 0x8b]),
  packed('xz archive', [0xfd, 0x37, 0x7a, 0x58, 0x5a]),
  packed('Zstandard archive', [0x28, 0xb5, 0x2f, 0xfd]),
  {
    code: 'unsupported',
    problem: 'it is a tar archive: the oldest format of PyTorch, or a packed folder',
    remedy: 'Unpack it, or load it with an old PyTorch and save it again.',
    bytes: ascii('ustar'),
    at: 257
  },
  {
    code: 'unsupported',
    problem: 'it is an HDF5 file, as Keras writes',
    remedy: 'Save the weights with torch.save or as safetensors.',
    bytes: [0x89, 0x48, 0x44, 0x46]
  },
  {
    code: 'unsupported',
    problem: 'it is a GGUF file',
    remedy: 'Open the model it was made from.',
    bytes: ascii('GGUF')
  },
  picture('PNG', [0x89, 0x50, 0x4e, 0x47]),
  picture('JPEG', [0xff, 0xd8, 0xff]),
  picture('GIF', ascii('GIF8'))
]

/** Whether a file with these first bytes is something that people open by mistake, and what to tell them. */
export function foreign(head: Uint8Array): Foreign | undefined {
  if (head.length === 0) return { code: 'not-a-model', problem: 'it is empty, so the download failed', remedy: AGAIN }
  const signature = SIGNATURES.find(({ bytes, at = 0 }) => bytes.every((byte, i) => head[at + i] === byte))
  if (signature) return signature
  const text = new TextDecoder().decode(head.subarray(0, TEXT_CHARACTERS)).trimStart().toLowerCase()
  if (text.startsWith('version https://git-lfs')) {
    return {
      code: 'not-a-model',
      problem: 'it is a Git LFS pointer, which only stands for the weights',
      remedy: 'Fetch the file itself with “git lfs pull”.'
    }
  }
  if (/^<(!doctype|html|head|body|\?xml|!--)/.test(text)) {
    return { code: 'not-a-model', problem: 'it is a web page, not a checkpoint: the download failed', remedy: AGAIN }
  }
  if (/^\{\s*"(error|message|status|detail|code)"/.test(text)) {
    return { code: 'not-a-model', problem: 'it is an error message of a server: the download failed', remedy: AGAIN }
  }
  return undefined
}
