import type { ByteSource } from '../bytes'
import { BYTES_PER_ELEMENT } from '../tensor'
import type { Checkpoint, CheckpointFormat, Note, StateDict } from './checkpoint'
import { checkpointFrom } from './containers'
import { quoted } from './fault'
import { MAX_PICKLE_BYTES, readPickle } from './pickle'
import { StridedTensor, type Storage } from './strided-tensor'
import { storageReference, torchNames, type StorageReference } from './torch-objects'
import { moduleTensors } from './torchscript'
import { openZip, type ZipArchive, type ZipEntry } from './zip'
import { checksumMatches, openEntry, readEntry } from './zip-entry'

/** Local headers read at the same time: enough to hide the delay of a disk. */
const HEADERS_AT_ONCE = 32
/**
 * Checksums of small archives are checked when they are opened, which takes under 50 ms. Those of larger ones are left
 * to `examineWeights`, which reads every weight anyway.
 */
const MAX_CHECKED_BYTES = 32 * 2 ** 20

/** Archives of torch.save since PyTorch 1.6, and of torch.jit.save. */
export const pytorch: CheckpointFormat = {
  name: 'pytorch',
  match: (head) => head[0] === 0x50 && head[1] === 0x4b,
  read: readTorchArchive
}

async function readTorchArchive(source: ByteSource): Promise<Checkpoint> {
  const archive = await openZip(source)
  const folder = archiveFolder(archive)
  const file = (name: string): ZipEntry | undefined => archive.entries.get(folder + name)
  const pickle = file('data.pkl')
  if (pickle === undefined) throw archive.fail('corrupt', 'its data.pkl is gone')
  const bytes = await readEntry(archive, pickle, MAX_PICKLE_BYTES)
  const storages = new Storages(archive, folder, await isBigEndian(archive, file('byteorder')))
  const { fail } = archive
  const entry = pickle.name
  const { value } = readPickle(bytes, 0, {
    fail,
    entry,
    known: torchNames((reference, dtype) => storages.open(reference, dtype), fail, entry),
    persistent: (id) => storageReference(id, fail, entry)
  })
  const isScript = file('constants.pkl') !== undefined
  const root = isScript ? moduleTensors(value, fail) : value
  const checkpoint = checkpointFrom(root, { format: isScript ? 'torchscript' : 'pytorch', source, fail })
  const notes = await storages.check([checkpoint.stateDict, ...checkpoint.others.values()])
  return { ...checkpoint, notes: [...checkpoint.notes, ...notes] }
}

/** The one folder that PyTorch puts everything into, with its slash; '' where the archive has none. */
function archiveFolder({ entries, fail }: ZipArchive): string {
  const pickles = [...entries.keys()].filter((name) => /^([^/]*\/)?data\.pkl$/.test(name))
  if (pickles.length > 1) throw fail('corrupt', `it holds several checkpoints: ${pickles.map(quoted).join(', ')}`)
  const [pickle] = pickles
  if (pickle !== undefined) return pickle.slice(0, -'data.pkl'.length)
  const inner = [...entries.keys()].find((name) => /\.(pth|pt|bin|ckpt|safetensors|onnx|tar)$/i.test(name))
  if (inner !== undefined) {
    throw fail('not-a-model', `it is a zip archive that holds ${quoted(inner)}`, {
      entry: inner,
      remedy: 'Unpack it and open that file.'
    })
  }
  throw fail('not-a-model', 'it is a zip archive without a checkpoint (no data.pkl)')
}

async function isBigEndian(archive: ZipArchive, entry: ZipEntry | undefined): Promise<boolean> {
  if (entry === undefined) return false
  const order = new TextDecoder().decode(await readEntry(archive, entry, 64)).trim()
  if (order === 'little' || order === 'big') return order === 'big'
  throw archive.fail('corrupt', `its byte order is ${quoted(order)}`, { entry: entry.name })
}

class Storages {
  private readonly sources = new Map<string, Promise<ByteSource>>()
  private readonly entries = new Map<Storage, ZipEntry>()
  private readonly verified = new Map<string, Promise<Note | undefined>>()

  constructor(
    private readonly archive: ZipArchive,
    private readonly folder: string,
    private readonly bigEndian: boolean
  ) {}

  /** The storage behind a reference; its bytes are looked for when they are read. */
  open({ key, length, element }: StorageReference, dtype: Storage['dtype']): Storage {
    const { fail, entries } = this.archive
    const name = `${this.folder}data/${key}`
    const entry = entries.get(name)
    if (entry === undefined) throw fail('corrupt', `the values ${quoted(name)} are missing in it`, { entry: name })
    const bytes = length * (element?.bytes ?? 1)
    if (bytes > entry.size) {
      throw fail('range', `${quoted(name)} has ${entry.size} bytes where ${bytes} are claimed`, { entry: name })
    }
    const storage: Storage = {
      dtype,
      length: Math.floor(bytes / BYTES_PER_ELEMENT[dtype]),
      isBigEndian: this.bigEndian,
      fail,
      read: async (start, end) => (await this.source(entry)).read(start, end),
      verify: () => this.verify(entry)
    }
    this.entries.set(storage, entry)
    return storage
  }

  private source(entry: ZipEntry): Promise<ByteSource> {
    let source = this.sources.get(entry.name)
    if (source === undefined) {
      source = openEntry(this.archive, entry)
      this.sources.set(entry.name, source)
    }
    return source
  }

  /** Finds the bytes of all these tensors, so that an archive that contradicts itself is refused when it is opened. */
  async check(stateDicts: readonly StateDict[]): Promise<Note[]> {
    const used = new Set<ZipEntry>()
    for (const tensor of stateDicts.flatMap((stateDict) => [...stateDict.values()])) {
      const entry = tensor instanceof StridedTensor ? this.entries.get(tensor.storage) : undefined
      if (entry) used.add(entry)
    }
    const entries = [...used]
    for (let i = 0; i < entries.length; i += HEADERS_AT_ONCE) {
      await Promise.all(entries.slice(i, i + HEADERS_AT_ONCE).map((entry) => this.source(entry)))
    }
    if (entries.reduce((sum, entry) => sum + entry.size, 0) > MAX_CHECKED_BYTES) return []
    const notes = await Promise.all(entries.map((entry) => this.verify(entry)))
    return notes.filter((note) => note !== undefined)
  }

  /** Several tensors may lie in one storage: it is read for its checksum once. */
  private verify(entry: ZipEntry): Promise<Note | undefined> {
    let verified = this.verified.get(entry.name)
    if (verified === undefined) {
      verified = this.source(entry).then(async (source) => {
        if (await checksumMatches(entry, source)) return undefined
        const message = `${quoted(entry.name)} does not have its checksum: its values may be damaged.`
        return { code: 'checksum', message }
      })
      this.verified.set(entry.name, verified)
    }
    return verified
  }
}
