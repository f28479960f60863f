import type { DType } from '../tensor'
import type { Plain, UnknownObject } from './checkpoint'
import type { Fail } from './fault'
import { CONTAINERS, Global, knownName, UnknownInstance, type Builder, type KnownNames } from './pickle-objects'
import { isPlainList, isStoredTensor } from './plain'
import { StridedTensor, type Storage } from './strided-tensor'

/** Bytes an element takes in a storage, and its type where it is one that can be read. */
export interface ElementType {
  readonly bytes: number
  readonly dtype: DType | undefined
}

const element = (bytes: number, dtype?: DType): ElementType => ({ bytes, dtype })

/** `torch.<key>`; all that PyTorch 2.x has, since a legacy file can only be walked where every size is known. */
const STORAGES: ReadonlyMap<string, ElementType> = new Map([
  ['DoubleStorage', element(8, 'float64')],
  ['FloatStorage', element(4, 'float32')],
  ['HalfStorage', element(2, 'float16')],
  ['BFloat16Storage', element(2, 'bfloat16')],
  ['LongStorage', element(8, 'int64')],
  ['IntStorage', element(4, 'int32')],
  ['ShortStorage', element(2, 'int16')],
  ['CharStorage', element(1, 'int8')],
  ['ByteStorage', element(1, 'uint8')],
  ['BoolStorage', element(1, 'bool')],
  ['UntypedStorage', element(1)],
  ['ComplexFloatStorage', element(8)],
  ['ComplexDoubleStorage', element(16)],
  ['QInt8Storage', element(1)],
  ['QUInt8Storage', element(1)],
  ['QInt32Storage', element(4)],
  ['QUInt4x2Storage', element(1)],
  ['QUInt2x4Storage', element(1)]
])

/** `torch.<key>` as the dtype argument of `_rebuild_tensor_v3`. */
const DTYPES: ReadonlyMap<string, DType> = new Map([
  ['float64', 'float64'],
  ['float32', 'float32'],
  ['float16', 'float16'],
  ['bfloat16', 'bfloat16'],
  ['int64', 'int64'],
  ['int32', 'int32'],
  ['int16', 'int16'],
  ['int8', 'int8'],
  ['uint8', 'uint8'],
  ['uint16', 'uint16'],
  ['bool', 'bool']
])

/** What a persistent id `('storage', class, key, location, elements)` names. */
export class StorageReference implements UnknownObject {
  constructor(
    readonly unknownClass: string,
    readonly element: ElementType | undefined,
    readonly key: string,
    /** elements of the whole storage */
    readonly total: number,
    /** the part that is meant, in elements: all of it but in files before PyTorch 0.4 */
    readonly offset = 0,
    readonly length = total
  ) {}
}

/** Opens a storage for elements of a type. */
export type OpenStorage = (reference: StorageReference, dtype: DType) => Storage

/** Reads persistent ids of torch.save. */
export function storageReference(id: Plain, fail: Fail, entry: string): StorageReference {
  const wrong = (): Error => fail('corrupt', 'its pickle names a storage in a way PyTorch does not', { entry })
  if (!isPlainList(id)) throw wrong()
  const [tag, of, key, , length, view] = id
  if (tag !== 'storage' || !(of instanceof Global) || typeof key !== 'string' || !isCount(length)) throw wrong()
  const name = of.module.replace(/^torch\.(cuda|storage)$/, 'torch') === 'torch' ? of.qualifiedName : ''
  const whole = [of.unknownClass, STORAGES.get(name), key, length] as const
  if (!isPlainList(view)) return new StorageReference(...whole)
  const [, offset, viewLength] = view
  if (!isCount(offset) || !isCount(viewLength) || offset + viewLength > length) throw wrong()
  return new StorageReference(...whole, offset, viewLength)
}

/** The closed list of names that build something out of a PyTorch pickle. */
export function torchNames(open: OpenStorage, fail: Fail, entry: string): KnownNames {
  function rebuild(args: readonly Plain[], dtype: DType | undefined): Plain {
    const [reference, offset, shape, strides] = args
    if (!(reference instanceof StorageReference) || !isNumbers([offset]) || !isNumbers(shape) || !isNumbers(strides)) {
      throw fail('corrupt', 'a tensor is described by something else than sizes and strides', { entry })
    }
    if (dtype === undefined) return new UnknownInstance(reference.unknownClass)
    return new StridedTensor('', open(reference, dtype), { shape, strides, offset: Number(offset) })
  }

  const rebuildTyped: Builder = (args) => {
    const [reference] = args
    return rebuild(args, reference instanceof StorageReference ? reference.element?.dtype : undefined)
  }

  /** (storage, offset, size, stride, requires_grad, hooks, dtype, metadata): PyTorch 2.1 and later. */
  const rebuildUntyped: Builder = (args) => {
    const type = args[6]
    if (!(type instanceof Global)) throw fail('corrupt', 'a tensor without a type', { entry })
    const dtype = type.module === 'torch' ? DTYPES.get(type.qualifiedName) : undefined
    return dtype === undefined ? new UnknownInstance(type.unknownClass) : rebuild(args, dtype)
  }

  /** (tensor, requires_grad, hooks[, state]): an nn.Parameter is its tensor. */
  const rebuildParameter: Builder = ([tensor]) => (isStoredTensor(tensor) ? tensor : undefined)

  const tensors = new Map<string, Builder>([
    ['torch._utils._rebuild_tensor', rebuildTyped],
    ['torch._utils._rebuild_tensor_v2', rebuildTyped],
    ['torch._utils._rebuild_tensor_v3', rebuildUntyped],
    ['torch._utils._rebuild_parameter', rebuildParameter],
    ['torch._utils._rebuild_parameter_with_state', rebuildParameter],
    ['torch.nn.parameter.Parameter', rebuildParameter],
    ['torch.nn.parameter.Buffer', rebuildParameter]
  ])

  /** (function, class, arguments, state): a subclass of Tensor is its tensor. */
  const rebuildSubclass: Builder = ([of, , args]) => {
    const builder = of instanceof Global ? tensors.get(knownName(of)) : undefined
    return builder && isPlainList(args) ? builder(args) : undefined
  }

  /** TorchScript marks typed lists by calls. */
  const itself: Builder = ([value]) => value
  const lists = ['build_intlist', 'build_doublelist', 'build_boollist', 'build_tensorlist', 'restore_type_tag']

  return new Map<string, Builder>([
    ...CONTAINERS,
    ...tensors,
    ['torch._tensor._rebuild_from_type_v2', rebuildSubclass],
    ['torch._tensor._rebuild_from_type', rebuildSubclass],
    ...lists.map((name) => [`torch.jit._pickle.${name}`, itself] as const)
  ])
}

function isCount(value: Plain | undefined): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isNumbers(value: readonly (Plain | undefined)[] | Plain | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((part) => typeof part === 'number')
}
