import type { Plain, UnknownObject } from './checkpoint'
import { Dict, isPlainList, keyText } from './plain'

/** A name that a pickle mentions: `module.name`. It stands for itself; nothing is looked up or imported. */
export class Global implements UnknownObject {
  readonly unknownClass: string

  constructor(
    readonly module: string,
    readonly qualifiedName: string
  ) {
    this.unknownClass = `${module}.${qualifiedName}`
  }
}

/** What a pickle wants to be an object of a class that is not known here: inert, with what was put into it. */
export class UnknownInstance implements UnknownObject {
  /** argument of the last BUILD: the attributes, in most classes */
  state: Plain | undefined
  /** what was set by key, where the class is a kind of dict (mmcv's ConfigDict) */
  items: Dict | undefined

  constructor(readonly unknownClass: string) {}
}

/**
 * Builds what a call of a known function or class gives. `undefined` says that these arguments give nothing that can be
 * read here, so that a placeholder stands for it.
 */
export type Builder = (args: readonly Plain[]) => Plain | undefined

/** Names under `module.name`, Python 3 spelling. The list is closed: every other name becomes a placeholder. */
export type KnownNames = ReadonlyMap<string, Builder>

const SPELLING_IN_PYTHON_3: Readonly<Record<string, string>> = { __builtin__: 'builtins', copy_reg: 'copyreg' }

export function knownName({ module, qualifiedName }: Global): string {
  return `${Object.hasOwn(SPELLING_IN_PYTHON_3, module) ? SPELLING_IN_PYTHON_3[module] : module}.${qualifiedName}`
}

/** dict(), dict(other) or dict([(key, value), …]). Picklers make `other` for this call alone, so it is not copied. */
function dictFrom([from]: readonly Plain[]): Dict | undefined {
  if (from === undefined) return new Dict()
  if (from instanceof Dict) return from
  if (!isPlainList(from)) return undefined
  const dict = new Dict()
  for (const pair of from) {
    if (!isPlainList(pair) || pair.length !== 2) return undefined
    dict.set(keyText(pair[0] ?? null), pair[1] ?? null)
  }
  return dict
}

/** list(), set([…]), torch.Size((…)). */
function listFrom([from = []]: readonly Plain[]): Plain | undefined {
  return isPlainList(from) ? from : undefined
}

/** bytes of Python 3 in a pickle of protocol 2: `_codecs.encode(text, 'latin1')`. */
function encode([text, encoding]: readonly Plain[]): Uint8Array | undefined {
  if (typeof text !== 'string' || encoding !== 'latin1') return undefined
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** `copyreg._reconstructor(class, base, state)`: how protocols 0 and 1 make objects. */
function reconstruct([of, , state]: readonly Plain[]): Plain | undefined {
  if (!(of instanceof Global)) return undefined
  return knownName(of) === 'collections.OrderedDict' && state instanceof Dict
    ? state
    : new UnknownInstance(of.unknownClass)
}

export const CONTAINERS: KnownNames = new Map<string, Builder>([
  ['collections.OrderedDict', dictFrom],
  ['collections.Counter', dictFrom],
  ['collections.defaultdict', () => new Dict()],
  ['builtins.dict', dictFrom],
  ['builtins.list', listFrom],
  ['builtins.tuple', listFrom],
  ['builtins.set', listFrom],
  ['builtins.frozenset', listFrom],
  ['_codecs.encode', encode],
  ['copyreg._reconstructor', reconstruct],
  ['torch.Size', listFrom]
])

const MODULES_THAT_RUN_CODE: ReadonlySet<string> = new Set(
  (
    'os posix nt subprocess sys runpy importlib pty socket shutil ctypes marshal code pickle _pickle cPickle ' +
    'commands popen2 pdb bdb timeit webbrowser'
  ).split(' ')
)
const BUILTINS_THAT_RUN_CODE: ReadonlySet<string> = new Set(
  'eval exec execfile compile __import__ open input breakpoint'.split(' ')
)

/**
 * Whether a name is one that no checkpoint has a use for, since it runs code. Only for a clear message: safety does not
 * rest on it, because no name is ever called.
 */
export function runsCode({ module, qualifiedName }: Global): boolean {
  if (module === 'builtins' || module === '__builtin__') return BUILTINS_THAT_RUN_CODE.has(qualifiedName)
  return MODULES_THAT_RUN_CODE.has(module.split('.', 1)[0] ?? '')
}
