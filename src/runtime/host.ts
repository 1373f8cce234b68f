// Between the host and tensors: data in (tensor, fromHost) and values out (data, array, item).

import type { HostArray } from '../core/hostArray.ts'
import { type DType, DTYPES, hostArrayOf, type TypedArray } from '../core/dtype.ts'
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts'
import { deviceBytes } from '../compiler/memory.ts'
import { checkShape, formatShape, sizeOf } from '../core/shape.ts'
import { dataTensor, type Tensor } from '../ir/tensor.ts'
import { currentDevice, type RuntimeDevice } from './device.ts'
import { start } from './realize.ts'
import { attachStorage, pendingStorage, usableStorage } from './storage.ts'

/** Nested lists of numbers or booleans. */
export type Nested = number | boolean | readonly Nested[]

/** A tensor of host data on a device (the default one when none is given). The data is copied before this returns. */
export function fromHost(array: HostArray, device: RuntimeDevice = currentDevice()): Tensor {
  checkShape('tensor', array.shape)
  if (array.data.length !== sizeOf(array.shape)) {
    throw new ShapeError(
      `tensor: shape ${formatShape(array.shape)} needs ${sizeOf(array.shape)} elements, got ${array.data.length}`,
    )
  }
  if (array.dtype === 'float64' && device.kind !== 'cpu') {
    throw new DTypeError('tensor: float64 exists on the CPU only: use float32, or setDevice("cpu")')
  }
  const aval = { shape: [...array.shape], dtype: array.dtype }
  const made = dataTensor(aval)
  const copy = array.data.slice()
  const place = device.enqueue(() => {
    const at = { buffer: device.backend.allocate(deviceBytes(aval)), offset: 0 }
    device.retain(at.buffer)
    device.backend.write(at, aval, copy)
    return at
  })
  attachStorage(made, pendingStorage(device, place))
  return made
}

function shapeOfNested(data: Nested): number[] {
  const shape: number[] = []
  for (let level: Nested = data; typeof level === 'object'; level = level[0] ?? 0) {
    shape.push(level.length)
    if (level.length === 0) break
  }
  return shape
}

function flattenNested(data: Nested, shape: readonly number[], axis: number, out: number[]): void {
  if (typeof data !== 'object') {
    if (axis !== shape.length)
      throw new ShapeError(`tensor: the nested lists are ragged: a number where a list of ${shape[axis]} was expected`)
    out.push(Number(data))
    return
  }
  if (axis >= shape.length || data.length !== shape[axis]) {
    throw new ShapeError(
      `tensor: the nested lists are ragged: a list of ${data.length} at depth ${axis}, expected ${shape[axis] ?? 'a number'}`,
    )
  }
  for (const item of data) flattenNested(item, shape, axis + 1, out)
}

function dtypeOfArray(data: TypedArray): DType {
  if (data instanceof Float64Array) return 'float32'
  if (data instanceof Int32Array) return 'int32'
  if (data instanceof Uint32Array) return 'uint32'
  if (data instanceof Uint8Array) return 'uint8'
  if (data instanceof Float32Array) return 'float32'
  throw new DTypeError('tensor: name the dtype of this typed array: tensor(data, { dtype })')
}

function firstLeaf(data: Nested): number | boolean | undefined {
  let level: Nested | undefined = data
  while (typeof level === 'object') level = level[0]
  return level
}

/** Options of `tensor`. */
export interface TensorOptions {
  readonly dtype?: DType
  readonly shape?: readonly number[]
}

/**
 * A tensor of a number, nested lists, or a typed array (with `shape`, else one axis). Numbers become `float32`, booleans `bool`.
 * @throws ShapeError for ragged lists or a shape of another size; DTypeError for an unknown dtype.
 */
export function tensor(data: Nested | TypedArray, options: TensorOptions = {}): Tensor {
  if (options.dtype !== undefined && !DTYPES.includes(options.dtype)) {
    throw new DTypeError(`tensor: unknown dtype ${JSON.stringify(options.dtype)}; expected one of ${DTYPES.join(', ')}`)
  }
  if (ArrayBuffer.isView(data)) {
    const dtype = options.dtype ?? dtypeOfArray(data)
    const copy = hostArrayOf(dtype, data.length)
    copy.set(data)
    return fromHost({ shape: options.shape ?? [data.length], dtype, data: copy })
  }
  if (typeof data !== 'number' && typeof data !== 'boolean' && !Array.isArray(data)) {
    throw new ArgumentError(
      `tensor: expected a number, nested lists or a typed array, got ${data === null ? 'null' : typeof data}`,
    )
  }
  const shape = shapeOfNested(data)
  const flat: number[] = []
  flattenNested(data, shape, 0, flat)
  const dtype = options.dtype ?? (typeof firstLeaf(data) === 'boolean' ? 'bool' : 'float32')
  const host = hostArrayOf(dtype, flat.length)
  host.set(dtype === 'bool' ? flat.map((value) => Number(value !== 0)) : flat)
  return fromHost({ shape: options.shape ?? shape, dtype, data: host })
}

/** The values of a tensor, row-major; `bool` as 0 and 1. Computes it if it is pending. */
export async function readData(x: Tensor): Promise<TypedArray> {
  start([x])
  const storage = usableStorage(x, 'data')
  await storage.ready
  return storage.device.enqueue(() => storage.device.backend.read(storage.place!, x.aval))
}

/** The values of a tensor as nested lists; a number for a scalar, booleans for `bool`. */
export async function readArray(x: Tensor): Promise<Nested> {
  const data = await readData(x)
  const nest = (axis: number, offset: number): Nested => {
    if (axis === x.rank) return x.dtype === 'bool' ? data[offset] !== 0 : data[offset]!
    const stride = sizeOf(x.shape.slice(axis + 1))
    return Array.from({ length: x.shape[axis]! }, (_, i) => nest(axis + 1, offset + i * stride))
  }
  return nest(0, 0)
}

/**
 * The value of a tensor of one element.
 * @throws ShapeError when it has another number of elements.
 */
export async function readItem(x: Tensor): Promise<number> {
  if (x.size !== 1)
    throw new ShapeError(`item: expected one element, got ${formatShape(x.shape)}; use data() or array()`)
  return (await readData(x))[0]!
}
