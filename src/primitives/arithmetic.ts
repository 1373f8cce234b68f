// Arithmetic, rounding, extremes and selection, elementwise. Derivatives use the output where that saves memory.

import { formatAval, sameAval } from '../core/aval.ts'
import { isFloating } from '../core/dtype.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import { binary, constant, select as selectScalar, unary } from '../ir/scalar.ts'
import type { Tensor, VjpContext } from '../ir/tensor.ts'
import { equal, greater, less } from './comparison.ts'
import { defineBinary, defineUnary, through, zeroOf } from './elementwiseRules.ts'
import { fullLike, literalValue } from './literal.ts'
import { elementwise } from './reference.ts'

/** `-x`. */
export const neg = defineUnary('neg', { operand: 'number', reference: (x) => -x, element: (x) => (x.dtype === 'uint32' ? binary('sub', zeroOf(x), x) : unary('neg', x)), vjp: ({ cotangent }) => neg([cotangent], null) }) // prettier-ignore

/** `|x|`; the derivative at 0 is 0. */
export const abs = defineUnary('abs', {
  operand: 'number',
  reference: Math.abs,
  element: (x) => (x.dtype === 'uint32' ? x : unary('abs', x)),
  vjp: ({ inputs, cotangent }) => mul([cotangent, sign([inputs[0]!], null)], null),
})

/** -1, 0 or 1. */
export const sign = defineUnary('sign', {
  operand: 'number',
  reference: Math.sign,
  element: (x) => {
    const negative = selectScalar(binary('lt', x, zeroOf(x)), constant(x.dtype, x.dtype === 'uint32' ? 0 : -1), x)
    return selectScalar(binary('gt', x, zeroOf(x)), constant(x.dtype, 1), negative)
  },
})

/** The greatest integer at most `x`. */
export const floor = defineUnary('floor', { operand: 'float', reference: Math.floor, element: through('floor') })

/** The least integer at least `x`. */
export const ceil = defineUnary('ceil', { operand: 'float', reference: Math.ceil, element: through('ceil') })

/** The nearest integer, ties to even. */
export const round = defineUnary('round', {
  operand: 'float',
  reference: (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
  element: through('round'),
})

/** The integer next to `x` toward 0. */
export const trunc = defineUnary('trunc', { operand: 'float', reference: Math.trunc, element: through('trunc') })

/** `max(x, 0)`; the derivative at 0 is 0, and is read from the output, so that the input need not be kept. */
export const relu = defineUnary('relu', {
  operand: 'number',
  reference: (x) => (x <= 0 ? 0 : x),
  element: (x) => binary('max', x, zeroOf(x)),
  vjp: ({ output, cotangent }) =>
    select([greater([output, fullLike(output, 0)], null), cotangent, fullLike(cotangent, 0)], null),
})

/** `x + y`. */
export const add = defineBinary('add', {
  operand: 'number',
  fn: 'add',
  reference: (x, y) => x + y,
  vjp: ({ cotangent }) => [cotangent, cotangent],
  rewrite: (x, y) => (literalValue(y) === 0 ? x : literalValue(x) === 0 ? y : null),
})

/** `x - y`. */
export const sub = defineBinary('sub', {
  operand: 'number',
  fn: 'sub',
  reference: (x, y) => x - y,
  vjp: ({ cotangent, needs }) => [cotangent, needs[1] ? neg([cotangent], null) : null],
  rewrite: (x, y) => (literalValue(y) === 0 ? x : null),
})

/** `x · y`; integers wrap. */
export const mul = defineBinary('mul', {
  operand: 'number',
  fn: 'mul',
  reference: (x, y, dtype) => (isFloating(dtype) ? x * y : Math.imul(x, y)),
  vjp: ({ inputs: [x, y], cotangent, needs }) => [
    needs[0] ? mul([cotangent, y!], null) : null,
    needs[1] ? mul([cotangent, x!], null) : null,
  ],
  rewrite: (x, y) => (literalValue(y) === 1 ? x : literalValue(x) === 1 ? y : null),
})

/** `x / y`; integers truncate toward zero, and division by 0 gives 0 for them. */
export const div = defineBinary('div', {
  operand: 'number',
  fn: 'div',
  reference: (x, y, dtype) => (isFloating(dtype) ? x / y : y === 0 ? 0 : Math.trunc(x / y)),
  vjp: ({ inputs: [, y], output, cotangent, needs }) => {
    const dx = div([cotangent, y!], null)
    return [dx, needs[1] ? neg([mul([dx, output], null)], null) : null]
  },
  rewrite: (x, y) => (literalValue(y) === 1 ? x : null),
})

/** The remainder of truncating division, with the sign of `x`; 0 for integers when `y` is 0. */
export const rem = defineBinary('rem', {
  operand: 'number',
  fn: 'rem',
  reference: (x, y, dtype) => (isFloating(dtype) || y !== 0 ? x % y : 0),
  // rem(x, y) = x - trunc(x / y) y, where the quotient is an integer and constant almost everywhere
  vjp: ({ inputs: [x, y], output, cotangent, needs }) => [
    cotangent,
    needs[1] ? neg([mul([cotangent, round([div([sub([x!, output], null), y!], null)], null)], null)], null) : null,
  ],
})

/** Half of the cotangent goes to either operand at a tie. */
function extremeVjp(wins: typeof greater) {
  return ({ inputs: [x, y], cotangent }: VjpContext<null>): Tensor[] => {
    const half = mul([cotangent, fullLike(cotangent, 0.5)], null)
    const tie = equal([x!, y!], null)
    const zero = fullLike(cotangent, 0)
    const part = (a: Tensor, b: Tensor): Tensor =>
      select([tie, half, select([wins([a, b], null), cotangent, zero], null)], null)
    return [part(x!, y!), part(y!, x!)]
  }
}

/** The greater operand; at ties either gets half of the cotangent. */
export const maximum = defineBinary('maximum', {
  operand: 'number',
  fn: 'max',
  reference: (x, y) => Math.max(x, y),
  vjp: extremeVjp(greater),
})

/** The lesser operand; at ties either gets half of the cotangent. */
export const minimum = defineBinary('minimum', {
  operand: 'number',
  fn: 'min',
  reference: (x, y) => Math.min(x, y),
  vjp: extremeVjp(less),
})

/** Operand 1 where operand 0 (bool) holds, else operand 2. */
export const select: PrimitiveFunction<null> = definePrimitive({
  name: 'select',
  shape: ([condition, x, y]) => {
    if (condition!.dtype !== 'bool')
      throw new DTypeError(`where: the condition must be bool, got ${formatAval(condition!)}`)
    if (!sameAval(x!, y!)) throw new ShapeError(`where: branches differ: ${formatAval(x!)} and ${formatAval(y!)}`)
    return x!
  },
  reference: ([condition, x, y]) => elementwise([condition!, x!, y!], (c, a, b) => (c ? a! : b!)),
  lower: () => ({ kind: 'map', element: ([condition, x, y]) => selectScalar(condition!, x!, y!) }),
  vjp: ({ inputs: [condition], cotangent, needs }) => {
    const zero = fullLike(cotangent, 0)
    return [
      null,
      needs[1] ? select([condition!, cotangent, zero], null) : null,
      needs[2] ? select([condition!, zero, cotangent], null) : null,
    ]
  },
})
