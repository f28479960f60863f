import type { ByteSource } from '../bytes'
import { StudioError } from '../errors'
import { BYTES_PER_ELEMENT, type DType } from '../tensor'
import type { CheckpointFormat, Plain } from './checkpoint'
import { checkpointFrom } from './containers'
import { failIn, quoted, type Fail } from './fault'
import { MAX_PICKLE_BYTES, readPickle } from './pickle'
import { isPlainDict, isPlainList } from './plain'
import type { Storage } from './strided-tensor'
import { storageReference, torchNames, type StorageReference } from './torch-objects'

const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn
const PROTOCOL_VERSION = 1001
/** In front of every storage: the number of its elements. */
const COUNT_BYTES = 8
/** Nothing says how long the pickles are: this much is read first, and eight times more wherever that is too little. */
const FIRST_READ_BYTES = 256 * 1024

/**
 * Files of torch.save before PyTorch 1.6: five pickles (magic number, protocol, machine, the object, the keys of its
 * storages) and then the storages themselves. Bare pickles are taken too, to say what they are.
 */
export const legacy: CheckpointFormat = {
  name: 'pytorch-legacy',
  match: (head) => isBinaryPickle(head) || isTextPickle(head),
  async read(source) {
    const storages = new LegacyStorages(source)
    const { root, keys, end } = await readPickles(source, storages)
    await storages.find(keys, end)
    return checkpointFrom(root, { format: 'pytorch-legacy', source, fail: storages.fail })
  }
}

/** Protocols 2 to 5 begin with their number. */
function isBinaryPickle(head: Uint8Array): boolean {
  return head[0] === 0x80 && (head[1] ?? 6) <= 5
}

/** Protocols 0 and 1 begin with a container or a name. */
function isTextPickle(head: Uint8Array): boolean {
  const start = String.fromCharCode(...head.subarray(0, 80))
  return /^(\(?[dl]p?\d*\n|[}\]]q.|\(i?[\w.]+\n|c[\w.]+\n[\w.]+\n)/.test(start)
}

interface Pickles {
  /** the object that was saved */
  readonly root: Plain
  /** of the storages behind the pickles, in their order */
  readonly keys: readonly string[]
  /** where the first storage begins */
  readonly end: number
}

async function readPickles(source: ByteSource, storages: LegacyStorages): Promise<Pickles> {
  const available = Math.min(source.size, MAX_PICKLE_BYTES)
  for (let size = FIRST_READ_BYTES; ; size *= 8) {
    const bytes = await source.read(0, Math.min(size, available))
    try {
      return interpret(bytes, storages)
    } catch (error) {
      const isCut = error instanceof StudioError && error.code === 'truncated' && bytes.length < source.size
      if (!isCut) throw error
      if (bytes.length === available) throw storages.fail('limit', 'its pickles are larger than 64 MiB')
    }
  }
}

function interpret(bytes: Uint8Array, storages: LegacyStorages): Pickles {
  const { fail } = storages
  let end = 0
  const next = (entry: string): Plain => {
    const pickle = readPickle(bytes, end, {
      fail,
      entry,
      known: torchNames((reference, dtype) => storages.open(reference, dtype), fail, entry),
      persistent: (id) => storages.persistent(id, entry)
    })
    end = pickle.end
    return pickle.value
  }
  if (next('magic number') !== MAGIC_NUMBER) {
    throw fail('not-a-model', 'it is a pickle of Python objects, but not one of PyTorch', {
      remedy: 'Save the weights with torch.save or as safetensors.'
    })
  }
  if (next('protocol') !== PROTOCOL_VERSION) throw fail('unsupported', 'it is of an unknown version of the old format')
  const machine = next('machine')
  storages.isBigEndian = isPlainDict(machine) && machine.get('little_endian') === false
  const root = next('object')
  const keys = next('storage keys')
  if (!isPlainList(keys) || !keys.every((key) => typeof key === 'string')) {
    throw fail('corrupt', 'the list of its storages is broken')
  }
  return { root, keys, end }
}

class LegacyStorages {
  readonly fail: Fail
  isBigEndian = false
  private readonly references = new Map<string, StorageReference>()
  private readonly starts = new Map<string, number>()

  constructor(private readonly source: ByteSource) {
    this.fail = failIn(source.name)
  }

  persistent(id: Plain, entry: string): Plain {
    // ('module', class, file, source text): the class, whose source was kept to warn of changes
    if (isPlainList(id) && id[0] === 'module') return id[1] ?? null
    const reference = storageReference(id, this.fail, entry)
    this.references.set(reference.key, reference)
    return reference
  }

  open({ key, offset, length }: StorageReference, dtype: DType): Storage {
    const start = (): number => (this.starts.get(key) ?? 0) + offset * BYTES_PER_ELEMENT[dtype]
    return {
      dtype,
      length,
      isBigEndian: this.isBigEndian,
      fail: this.fail,
      read: (from, to) => this.source.read(start() + from, start() + to)
    }
  }

  /** Walks over the storages behind the pickles. Throws `truncated` or `corrupt` where they are not as described. */
  async find(keys: readonly string[], start: number): Promise<void> {
    const { source, fail } = this
    let at = start
    for (const key of keys) {
      const reference = this.references.get(key)
      if (reference === undefined) throw fail('corrupt', `nothing describes the storage ${quoted(key)}`, { entry: key })
      if (reference.element === undefined) {
        throw fail('unsupported', `the size of ${quoted(reference.unknownClass)} is not known`, { entry: key })
      }
      const valuesStart = at + COUNT_BYTES
      if (valuesStart > source.size) throw this.cut(key)
      const head = await source.read(at, valuesStart)
      const count = new DataView(head.buffer, head.byteOffset, COUNT_BYTES).getBigInt64(0, true)
      if (count !== BigInt(reference.total)) {
        throw fail('corrupt', `the storage ${quoted(key)} has two sizes, ${count} and ${reference.total}`, {
          entry: key
        })
      }
      at = valuesStart + reference.total * reference.element.bytes
      if (at > source.size) throw this.cut(key)
      this.starts.set(key, valuesStart)
    }
    const missing = [...this.references.keys()].find((key) => !this.starts.has(key))
    if (missing !== undefined)
      throw fail('corrupt', `the values ${quoted(missing)} are missing in it`, { entry: missing })
  }

  private cut(key: string): Error {
    return this.fail('truncated', `it ends inside of its storage ${quoted(key)}`, { entry: key })
  }
}
