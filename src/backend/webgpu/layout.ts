// How tensors lie in device memory: bool as 32-bit words, uint8 packed four to a word, everything else as on the host.

import type { DType, TypedArray } from '../../core/dtype.ts'
import { hostArrayOf } from '../../core/dtype.ts'
import { DTypeError } from '../../core/errors.ts'
import { sizeOf } from '../../core/shape.ts'
import type { Aval } from '../../core/aval.ts'

/** The WGSL element type of a buffer that holds tensors of a dtype. */
export function deviceElement(dtype: DType): string {
  switch (dtype) {
    case 'float32':
      return 'f32'
    case 'int32':
      return 'i32'
    case 'uint32':
    case 'bool':
    case 'uint8':
      return 'u32'
    case 'float16':
    case 'float64':
      throw new DTypeError(`${dtype} is not available on WebGPU here: use float32`)
  }
}

/** Host data as device bytes, padded to whole words. */
export function toDeviceBytes(dtype: DType, data: TypedArray): Uint8Array<ArrayBuffer> {
  deviceElement(dtype)
  if (dtype === 'bool') return new Uint8Array(Uint32Array.from(data, (value) => (value ? 1 : 0)).buffer)
  const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const bytes = new Uint8Array(Math.ceil(source.length / 4) * 4)
  bytes.set(source)
  return bytes
}

/** Device bytes as host data. */
export function fromDeviceBytes(aval: Aval, bytes: ArrayBuffer): TypedArray {
  const length = sizeOf(aval.shape)
  const result = hostArrayOf(aval.dtype, length)
  switch (aval.dtype) {
    case 'bool':
      result.set(new Uint32Array(bytes, 0, length))
      break
    case 'uint8':
      result.set(new Uint8Array(bytes, 0, length))
      break
    case 'int32':
      result.set(new Int32Array(bytes, 0, length))
      break
    case 'uint32':
      result.set(new Uint32Array(bytes, 0, length))
      break
    default:
      result.set(new Float32Array(bytes, 0, length))
  }
  return result
}
