// The element types of tensors: their names, sizes, typed arrays and promotion order. Everything that depends on
// a dtype's representation on the host is here; how a dtype is stored on a device is the backend's matter.

/** A tensor's element type. `float64` exists on the CPU only; `uint8` is an input type for datasets. */
export type DType = 'float32' | 'float64' | 'float16' | 'int32' | 'uint32' | 'bool' | 'uint8'

/** The typed arrays that hold tensor data on the host. `bool` is held as 0 or 1 in a `Uint8Array`. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array | Uint16Array

type TypedArrayConstructor = { new (length: number): TypedArray; readonly BYTES_PER_ELEMENT: number }

const CONSTRUCTORS: Record<DType, TypedArrayConstructor> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  bool: Uint8Array,
  uint8: Uint8Array,
}

/** All dtypes, in promotion order: the later of two operands' dtypes is the result's. */
export const DTYPES: readonly DType[] = ['bool', 'uint8', 'uint32', 'int32', 'float16', 'float32', 'float64']

/** Whether values of this dtype are real numbers, so that derivatives with respect to them exist. */
export function isFloating(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16'
}

/** Whether values of this dtype are integers (`bool` is not). */
export function isInteger(dtype: DType): boolean {
  return dtype === 'int32' || dtype === 'uint32' || dtype === 'uint8'
}

/** The dtype that holds the result of an operation on values of dtypes `a` and `b`. */
export function promote(a: DType, b: DType): DType {
  return DTYPES.indexOf(a) >= DTYPES.indexOf(b) ? a : b
}

/** A zero-filled host array of `length` elements of `dtype`. */
export function hostArrayOf(dtype: DType, length: number): TypedArray {
  return new CONSTRUCTORS[dtype](length)
}

/** Bytes per element on the host. */
export function hostBytes(dtype: DType): number {
  return CONSTRUCTORS[dtype].BYTES_PER_ELEMENT
}
