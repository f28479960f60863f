import type { ByteSource } from '../bytes'
import type { Checkpoint, Note, Plain, StateDict, StoredTensor } from './checkpoint'
import { quoted, type Fail } from './fault'
import { inertCopy } from './inert-copy'
import { isPlainDict, isStoredTensor, isUnknownObject } from './plain'
import { StridedTensor } from './strided-tensor'

/** What training writes beside the weights and nothing here has a use for. */
const TRAINING_STATE: ReadonlySet<string> = new Set(
  (
    'optimizer optimizers optimizer_state optimizer_states optimizer_state_dict optim optim_state optim_state_dict ' +
    'scheduler schedulers scheduler_state_dict lr_scheduler lr_schedulers lr_scheduler_state_dict ' +
    'scaler grad_scaler grad_scaler_state_dict amp loss_scaler'
  ).split(' ')
)

/** Where trainers put the weights, in the order they are preferred. */
const WEIGHTS: readonly string[] = ['state_dict', 'model_state_dict', 'model', 'module', 'net', 'network', 'params']

const EMA = /(^|[._-])(ema|averaged?|swa)([._-]|$)/i

/** {"checkpoint": {"model": {"backbone": …}}} is as deep as it gets. */
const MAX_CONTAINER_DEPTH = 4
/** Each names one tensor; nobody reads more. */
const MAX_SKIPPED_NOTES = 20
/** More than any file offers; a hostile one may nest dicts in many ways. */
const MAX_CANDIDATES = 64

const CUT: Note = {
  code: 'skipped',
  message: 'Some of its metadata was left out: it holds itself, nests too deep or is too much.'
}

interface Candidate {
  readonly path: readonly string[]
  readonly dict: ReadonlyMap<string, Plain>
  readonly tensors: number
}

/**
 * Finds the weights in what a file holds: `state_dict`, `model` and the like before the top level itself, that before
 * other dicts with tensors, and copies with averaged weights (EMA) last. Names, checks and lists their tensors.
 * Throws `not-a-model` where there are no tensors, and what `StridedTensor.checked` throws.
 */
export function checkpointFrom(
  root: Plain,
  { format, source, fail }: { format: string; source: ByteSource; fail: Fail }
): Checkpoint {
  if (isStoredTensor(root)) {
    const stateDict = new Map([['', named(root, '')]])
    return { format, source, stateDict, container: [], others: new Map(), extras: new Map(), notes: [] }
  }
  if (!isPlainDict(root)) {
    const what = isUnknownObject(root) ? `an object of the class ${quoted(root.unknownClass)}` : 'something else'
    throw fail('not-a-model', `it holds ${what} instead of a state dict`, {
      remedy: 'Save model.state_dict() in place of the model.'
    })
  }
  const candidates = findCandidates(root).sort((a, b) => rank(a) - rank(b))
  const [chosen, ...rest] = candidates
  if (chosen === undefined) throw fail('not-a-model', 'it holds no tensors')

  const others = new Map<string, StateDict>()
  for (const { path, dict, tensors } of rest) {
    // a few tensors among other things (the best accuracy beside the model, statistics in meta) are no model
    if (path.length > 0 && tensors * 2 >= dict.size) others.set(path.join('.'), stateDictOf(dict).stateDict)
  }
  const { stateDict, skipped } = stateDictOf(chosen.dict)
  const { copy: extras, isCut } = inertCopy(extrasOf(root, chosen, others))
  return {
    format,
    source,
    stateDict,
    container: chosen.path,
    others,
    extras,
    notes: [...skippedNotes(skipped), ...choiceNotes(chosen, others), ...(isCut ? [CUT] : [])]
  }
}

/** Dicts that hold tensors directly, by breadth, without training state. */
function findCandidates(root: ReadonlyMap<string, Plain>): Candidate[] {
  const found: Candidate[] = []
  const seen = new Set<Plain>([root])
  let level: { path: readonly string[]; dict: ReadonlyMap<string, Plain> }[] = [{ path: [], dict: root }]
  for (let depth = 0; depth <= MAX_CONTAINER_DEPTH && level.length > 0; depth++) {
    const next: typeof level = []
    for (const { path, dict } of level) {
      let tensors = 0
      for (const [key, value] of dict) {
        if (isStoredTensor(value)) tensors++
        else if (isPlainDict(value) && !seen.has(value) && !TRAINING_STATE.has(key)) {
          seen.add(value)
          next.push({ path: [...path, key], dict: value })
        }
      }
      if (tensors > 0) found.push({ path, dict, tensors })
    }
    level = next
  }
  return found.slice(0, MAX_CANDIDATES)
}

/** Smaller is better. The sort is stable, so that equals stay in the order of the file. */
function rank({ path }: Candidate): number {
  const last = path.at(-1)
  const preferred = last === undefined ? WEIGHTS.length : WEIGHTS.indexOf(last)
  const order = preferred < 0 ? WEIGHTS.length + 1 : preferred
  return (path.some((key) => EMA.test(key)) ? 1000 : 0) + order
}

function named(tensor: StoredTensor, name: string): StoredTensor {
  return tensor instanceof StridedTensor ? tensor.checked(name) : tensor
}

function stateDictOf(dict: ReadonlyMap<string, Plain>): { stateDict: StateDict; skipped: Map<string, string> } {
  const stateDict = new Map<string, StoredTensor>()
  const skipped = new Map<string, string>()
  for (const [name, value] of dict) {
    if (isStoredTensor(value)) stateDict.set(name, named(value, name))
    else if (isUnknownObject(value)) skipped.set(name, value.unknownClass)
  }
  return { stateDict, skipped }
}

function extrasOf(
  root: ReadonlyMap<string, Plain>,
  chosen: Candidate,
  others: ReadonlyMap<string, StateDict>
): Map<string, Plain> {
  const extras = new Map<string, Plain>()
  for (const [key, value] of root) {
    const isWeights = chosen.path.length === 0 ? isStoredTensor(value) : key === chosen.path[0]
    if (!isWeights && !others.has(key) && !TRAINING_STATE.has(key)) extras.set(key, value)
  }
  return extras
}

function skippedNotes(skipped: ReadonlyMap<string, string>): Note[] {
  const notes = [...skipped].slice(0, MAX_SKIPPED_NOTES).map(([name, of]): Note => {
    return { code: 'skipped', message: `${quoted(name)} was left out: ${quoted(of)} is not read here.` }
  })
  const more = skipped.size - notes.length
  return more > 0 ? [...notes, { code: 'skipped', message: `${more} more entries were left out.` }] : notes
}

function choiceNotes(chosen: Candidate, others: ReadonlyMap<string, StateDict>): Note[] {
  if (others.size === 0) return []
  const names = [...others.keys()].slice(0, 5).map(quoted).join(', ') + (others.size > 5 ? ' and others' : '')
  const from = chosen.path.length === 0 ? 'the top level' : quoted(chosen.path.join('.'))
  return [{ code: 'choice', message: `The weights come from ${from}; the file also holds ${names}.` }]
}
