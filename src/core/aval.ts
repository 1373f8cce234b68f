// An abstract value: what is known of a tensor before it is computed.

import { type DType, hostBytes } from './dtype.ts'
import { formatShape, sameShape, type Shape, sizeOf } from './shape.ts'

/** A tensor's shape and dtype. */
export interface Aval {
  readonly shape: Shape
  readonly dtype: DType
}

/** Whether two avals are the same. */
export function sameAval(a: Aval, b: Aval): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape)
}

/** An aval as text: `float32[32, 784]`. */
export function formatAval(aval: Aval): string {
  return `${aval.dtype}${formatShape(aval.shape)}`
}

/** The bytes of a dense host copy. */
export function bytesOf(aval: Aval): number {
  return sizeOf(aval.shape) * hostBytes(aval.dtype)
}
