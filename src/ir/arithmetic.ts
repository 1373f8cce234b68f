// Shorthand for float expressions of the scalar IR: what the polynomials of this folder are written with. Constants take the dtype
// of the expressions that they meet.

import { binary, type BinaryFn, bitcast, constant, type Scalar } from './scalar.ts'

type Term = Scalar | number

function both(fn: BinaryFn, x: Term, y: Term): Scalar {
  const dtype = typeof x === 'number' ? (typeof y === 'number' ? 'float32' : y.dtype) : x.dtype
  const scalar = (term: Term): Scalar => (typeof term === 'number' ? constant(dtype, term) : term)
  return binary(fn, scalar(x), scalar(y))
}

/** `x + y`. */
export const add = (x: Term, y: Term): Scalar => both('add', x, y)
/** `x - y`. */
export const sub = (x: Term, y: Term): Scalar => both('sub', x, y)
/** `x · y`. */
export const mul = (x: Term, y: Term): Scalar => both('mul', x, y)
/** `x / y`. */
export const div = (x: Term, y: Term): Scalar => both('div', x, y)
/** `x < y`. */
export const less = (x: Term, y: Term): Scalar => both('lt', x, y)
/** `x > y`. */
export const greater = (x: Term, y: Term): Scalar => both('gt', x, y)

/** Horner's rule, highest coefficient first. */
export function polynomial(x: Scalar, coefficients: readonly number[]): Scalar {
  const [first = 0, ...rest] = coefficients
  return rest.reduce<Scalar>((sum, c) => add(mul(sum, x), c), constant(x.dtype, first))
}

/** A float32 cut to its 12 leading bits: the product of two such numbers is exact. */
export function leading(x: Scalar): Scalar {
  return bitcast('float32', binary('and', bitcast('int32', x), constant('int32', -4096)))
}

/** Whether the sign bit of a float32 is set, also that of -0. */
export function signBit(x: Scalar): Scalar {
  return binary('lt', bitcast('int32', x), constant('int32', 0))
}
