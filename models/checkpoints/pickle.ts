import type { Plain } from './checkpoint'
import type { Fail } from './fault'
import { quoted } from './fault'
import { Global, knownName, runsCode, UnknownInstance, type Builder, type KnownNames } from './pickle-objects'
import { Dict, isPlainList, isStoredTensor, keyText } from './plain'
import { PickleStream } from './pickle-stream'

/*
 * An interpreter of Python's pickle language, protocols 0 to 5 (Lib/pickletools.py describes every opcode).
 *
 * A pickle is a program, and Python runs whatever it names. Here nothing is called: names of a closed list build
 * containers and tensors by functions of this folder, every other name becomes an inert placeholder. The stack is an
 * array and no function here calls itself, so depth costs no call stack.
 */

/** Structure only, no values: 5,000 tensors take 1.5 MB. */
export const MAX_PICKLE_BYTES = 64 * 2 ** 20
/** 5,000 tensors with three optimizer states each take 700,000 opcodes. */
const MAX_OPERATIONS = 3_000_000
/** An empty Map takes about 200 bytes, so that a pickle of one-byte opcodes could fill memory a hundredfold. */
const MAX_CONTAINERS = 800_000
/** Elements and characters given to builders: they are cheap to name again and again (DUP), and dear to walk. */
const MAX_BUILDER_WORK = 50_000_000

export interface PickleOptions {
  readonly fail: Fail
  /** entry to name in errors */
  readonly entry: string
  readonly known: KnownNames
  /** what a persistent id (torch: a storage) stands for */
  readonly persistent: (id: Plain) => Plain
}

/** Interprets one pickle that begins at `start`. Gives its value and where it ended. */
export function readPickle(bytes: Uint8Array, start: number, options: PickleOptions): { value: Plain; end: number } {
  const machine = new PickleMachine(new PickleStream(bytes, start, options.fail, options.entry), options)
  return { value: machine.run(), end: machine.position }
}

class PickleMachine {
  private readonly stack: Plain[] = []
  /** heights of the stack where MARKs lie */
  private readonly marks: number[] = []
  private readonly memo = new Map<number, Plain>()
  private operations = 0
  private containers = 0
  private builderWork = 0

  constructor(
    private readonly stream: PickleStream,
    private readonly options: PickleOptions
  ) {}

  get position(): number {
    return this.stream.position
  }

  run(): Plain {
    for (;;) {
      if (++this.operations > MAX_OPERATIONS) throw this.limit(`more than ${MAX_OPERATIONS} steps`)
      const opcode = this.stream.uint8()
      if (opcode === 0x2e /* STOP */) return this.pop()
      this.step(opcode)
    }
  }

  private step(opcode: number): void {
    const { stream, stack } = this
    switch (opcode) {
      // numbers and constants
      case 0x4e /* NONE */:
        return this.push(null)
      case 0x88 /* NEWTRUE */:
        return this.push(true)
      case 0x89 /* NEWFALSE */:
        return this.push(false)
      case 0x4b /* BININT1 */:
        return this.push(stream.uint8())
      case 0x4d /* BININT2 */:
        return this.push(stream.uint16())
      case 0x4a /* BININT */:
        return this.push(stream.int32())
      case 0x8a /* LONG1 */:
        return this.push(stream.long(stream.uint8()))
      case 0x8b /* LONG4 */:
        return this.push(stream.long(stream.int32()))
      case 0x47 /* BINFLOAT */:
        return this.push(stream.float64())
      case 0x49 /* INT */:
        return this.push(stream.textInteger())
      case 0x4c /* LONG */:
        return this.push(stream.textInteger())
      case 0x46 /* FLOAT */:
        return this.push(stream.textFloat())

      // text and bytes
      case 0x58 /* BINUNICODE */:
      case 0x54 /* BINSTRING: text of Python 2, which torch.load reads as UTF-8 */:
        return this.push(stream.text(stream.uint32()))
      case 0x8c /* SHORT_BINUNICODE */:
      case 0x55 /* SHORT_BINSTRING */:
        return this.push(stream.text(stream.uint8()))
      case 0x8d /* BINUNICODE8 */:
        return this.push(stream.text(stream.uint64()))
      case 0x53 /* STRING */:
        return this.push(stream.textString())
      case 0x56 /* UNICODE */:
        return this.push(stream.textUnicode())
      case 0x42 /* BINBYTES */:
        return this.push(stream.bytes(stream.uint32()))
      case 0x43 /* SHORT_BINBYTES */:
        return this.push(stream.bytes(stream.uint8()))
      case 0x8e /* BINBYTES8 */:
      case 0x96 /* BYTEARRAY8 */:
        return this.push(stream.bytes(stream.uint64()))

      // containers
      case 0x5d /* EMPTY_LIST */:
      case 0x8f /* EMPTY_SET */:
        return this.pushNew([])
      case 0x7d /* EMPTY_DICT */:
        return this.pushNew(new Dict())
      case 0x29 /* EMPTY_TUPLE */:
        return this.pushTuple([])
      case 0x85 /* TUPLE1 */:
        return this.pushTuple(this.popMany(1))
      case 0x86 /* TUPLE2 */:
        return this.pushTuple(this.popMany(2))
      case 0x87 /* TUPLE3 */:
        return this.pushTuple(this.popMany(3))
      case 0x74 /* TUPLE */:
        return this.pushTuple(this.popToMark())
      case 0x6c /* LIST */:
      case 0x91 /* FROZENSET */:
        return this.pushNew(this.popToMark())
      case 0x64 /* DICT */: {
        const items = this.popToMark()
        this.pushNew(new Dict())
        return this.setItems(items)
      }
      case 0x61 /* APPEND */:
        return this.append(this.popMany(1))
      case 0x65 /* APPENDS */:
      case 0x90 /* ADDITEMS */:
        return this.append(this.popToMark())
      case 0x73 /* SETITEM */:
        return this.setItems(this.popMany(2))
      case 0x75 /* SETITEMS */:
        return this.setItems(this.popToMark())

      // stack and memo
      case 0x28 /* MARK */:
        this.marks.push(stack.length)
        return
      case 0x30 /* POP */:
        // over a MARK, Python takes the mark off
        if (stack.length === this.marks.at(-1)) this.marks.pop()
        else this.pop()
        return
      case 0x31 /* POP_MARK */:
        this.popToMark()
        return
      case 0x32 /* DUP */:
        return this.push(this.top())
      case 0x70 /* PUT */:
        return this.remember(stream.textIndex())
      case 0x71 /* BINPUT */:
        return this.remember(stream.uint8())
      case 0x72 /* LONG_BINPUT */:
        return this.remember(stream.uint32())
      case 0x94 /* MEMOIZE */:
        return this.remember(this.memo.size)
      case 0x67 /* GET */:
        return this.recall(stream.textIndex())
      case 0x68 /* BINGET */:
        return this.recall(stream.uint8())
      case 0x6a /* LONG_BINGET */:
        return this.recall(stream.uint32())

      // names, calls and objects
      case 0x63 /* GLOBAL */:
        return this.pushGlobal(stream.line(), stream.line())
      case 0x93 /* STACK_GLOBAL */: {
        const [module, name] = this.popMany(2)
        if (typeof module !== 'string' || typeof name !== 'string') throw this.corrupt('a name is no text')
        return this.pushGlobal(module, name)
      }
      case 0x52 /* REDUCE */:
      case 0x81 /* NEWOBJ */: {
        const [callee, args] = this.popMany(2)
        return this.build(callee, args)
      }
      case 0x92 /* NEWOBJ_EX */: {
        const [callee, args] = this.popMany(3)
        return this.build(callee, args)
      }
      case 0x69 /* INST */: {
        this.pushGlobal(stream.line(), stream.line())
        return this.build(this.pop(), Object.freeze(this.popToMark()))
      }
      case 0x6f /* OBJ */: {
        const [callee, ...args] = this.popToMark()
        return this.build(callee, Object.freeze(args))
      }
      case 0x62 /* BUILD */:
        return this.setState(this.pop())
      case 0x51 /* BINPERSID */:
        return this.push(this.options.persistent(this.pop()))
      case 0x50 /* PERSID */:
        return this.push(this.options.persistent(stream.line()))

      // framing
      case 0x80 /* PROTO */:
        if (stream.uint8() > 5) throw this.unsupported('a pickle protocol newer than 5')
        return
      case 0x95 /* FRAME */:
        stream.require(stream.uint64())
        return
      case 0x98 /* READONLY_BUFFER */:
        return
      case 0x97 /* NEXT_BUFFER */:
        throw this.corrupt('data is missing that should come beside it')
      case 0x82 /* EXT1 */:
      case 0x83 /* EXT2 */:
      case 0x84 /* EXT4 */:
        throw this.unsupported('names by number (copyreg extensions)')
      default:
        throw this.corrupt(`opcode 0x${opcode.toString(16)} at byte ${stream.position - 1} does not exist`)
    }
  }

  private push(value: Plain): void {
    this.stack.push(value)
  }

  private pushNew(container: Plain): void {
    if (++this.containers > MAX_CONTAINERS) throw this.limit(`more than ${MAX_CONTAINERS} containers`)
    this.stack.push(container)
  }

  private pushTuple(items: Plain[]): void {
    this.pushNew(Object.freeze(items))
  }

  /** Values under the last MARK belong to whoever set it. */
  private top(): Plain {
    this.requireValues(1)
    return this.stack.at(-1) ?? null
  }

  private requireValues(count: number): void {
    if (this.stack.length - (this.marks.at(-1) ?? 0) >= count) return
    throw this.corrupt(`the opcode at byte ${this.position - 1} takes more values than there are`)
  }

  private pop(): Plain {
    const value = this.top()
    this.stack.pop()
    return value
  }

  private popMany(count: number): Plain[] {
    this.requireValues(count)
    return this.stack.splice(-count)
  }

  private popToMark(): Plain[] {
    const height = this.marks.pop()
    if (height === undefined) throw this.corrupt(`a MARK is missing at byte ${this.position - 1}`)
    return this.stack.splice(height)
  }

  private remember(index: number): void {
    this.memo.set(index, this.top())
  }

  private recall(index: number): void {
    const value = this.memo.get(index)
    if (value === undefined) throw this.corrupt(`memo ${index} is read but was never written`)
    this.push(value)
  }

  private append(items: Plain[]): void {
    const list = this.top()
    if (list instanceof UnknownInstance) return
    if (!isPlainList(list) || Object.isFrozen(list)) throw this.corrupt('something is appended to what is no list')
    for (const item of items) (list as Plain[]).push(item)
  }

  private setItems(items: readonly Plain[]): void {
    const target = this.top()
    if (items.length % 2 !== 0) throw this.corrupt('a key of a dict has no value')
    if (!(target instanceof Dict || target instanceof UnknownInstance)) {
      throw this.corrupt('a key is set on what is no dict')
    }
    const dict = target instanceof Dict ? target : (target.items ??= new Dict())
    for (let i = 0; i < items.length; i += 2) dict.set(keyText(items[i] ?? null), items[i + 1] ?? null)
  }

  /** BUILD: attributes of an object. Python would call `__setstate__`; here they are kept or let go. */
  private setState(state: Plain): void {
    const target = this.top()
    if (target instanceof UnknownInstance) target.state = state
    else if (!(target instanceof Dict || isPlainList(target) || isStoredTensor(target))) {
      throw this.corrupt('attributes are set on what has none')
    }
  }

  private pushGlobal(module: string, name: string): void {
    const global = new Global(module, name)
    if (runsCode(global)) {
      const { fail, entry } = this.options
      throw fail('code', `it wants to run ${quoted(global.unknownClass)}`, { entry })
    }
    this.push(global)
  }

  /** REDUCE, NEWOBJ, OBJ and INST: what Python would call or construct. */
  private build(callee: Plain | undefined, args: Plain | undefined): void {
    if (!isPlainList(args) || !Object.isFrozen(args)) throw this.corrupt('the arguments of a call are no tuple')
    if (callee instanceof UnknownInstance) return this.pushNew(new UnknownInstance(callee.unknownClass))
    if (!(callee instanceof Global)) throw this.corrupt('something is called that is no function')
    const builder = this.options.known.get(knownName(callee))
    const value = builder && this.buildKnown(builder, args)
    this.pushNew(value ?? new UnknownInstance(callee.unknownClass))
  }

  private buildKnown(builder: Builder, args: readonly Plain[]): Plain | undefined {
    for (const arg of args) {
      this.builderWork += isPlainList(arg) || typeof arg === 'string' ? arg.length : 1
    }
    if (this.builderWork > MAX_BUILDER_WORK) throw this.limit('the same data again and again')
    return builder(args)
  }

  private corrupt(problem: string): Error {
    return this.options.fail('corrupt', `its pickle is broken: ${problem}`, { entry: this.options.entry })
  }

  private unsupported(what: string): Error {
    return this.options.fail('unsupported', `its pickle uses ${what}`, { entry: this.options.entry })
  }

  private limit(what: string): Error {
    return this.options.fail('limit', `its pickle contains ${what}`, { entry: this.options.entry })
  }
}
