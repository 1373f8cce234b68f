// Functions of angles in radians, and their inverses.

import type { Tensor, VjpContext } from '../ir/tensor.ts'
import { abs, add, div, maximum, mul, neg, select, sub } from './arithmetic.ts'
import { equal } from './comparison.ts'
import { stopGradient } from './conversion.ts'
import { defineBinary, defineUnary, through } from './elementwiseRules.ts'
import { sqrt } from './exponential.ts'
import { fullLike } from './literal.ts'

const one = (like: Tensor): Tensor => fullLike(like, 1)

/** Sine of an angle in radians. */
export const sin = defineUnary('sin', { operand: 'float', reference: Math.sin, element: through('sin'), vjp: ({ inputs, cotangent }) => mul([cotangent, cos(inputs, null)], null) }) // prettier-ignore

/** Cosine of an angle in radians. */
export const cos = defineUnary('cos', { operand: 'float', reference: Math.cos, element: through('cos'), vjp: ({ inputs, cotangent }) => neg([mul([cotangent, sin(inputs, null)], null)], null) }) // prettier-ignore

/** `√(1 - x²)`, right near 1 too. */
const legOf = (x: Tensor): Tensor => sqrt([mul([sub([one(x), x], null), add([one(x), x], null)], null)], null)

/** The angle in -π/2 .. π/2 whose sine is `x`; NaN outside -1 .. 1. */
export const asin = defineUnary('asin', {
  operand: 'float',
  reference: Math.asin,
  element: through('asin'),
  // d asin(x) = dx / √(1 - x²)
  vjp: ({ inputs: [x], cotangent }) => div([cotangent, legOf(x!)], null),
})

/** The angle in 0 .. π whose cosine is `x`; NaN outside -1 .. 1. */
export const acos = defineUnary('acos', {
  operand: 'float',
  reference: Math.acos,
  element: through('acos'),
  vjp: ({ inputs: [x], cotangent }) => neg([div([cotangent, legOf(x!)], null)], null),
})

/** The angle in -π/2 .. π/2 whose tangent is `x`. */
export const atan = defineUnary('atan', {
  operand: 'float',
  reference: Math.atan,
  element: through('atan'),
  // d atan(x) = dx / (1 + x²)
  vjp: ({ inputs: [x], cotangent }) => div([cotangent, add([mul([x!, x!], null), one(x!)], null)], null),
})

/** `x`, but 1 where it is 0: a divisor. */
const nonZero = (x: Tensor): Tensor => select([equal([x, fullLike(x, 0)], null), one(x), x], null)

/** d atan2(y, x) = (x dy - y dx) / (x² + y²); 0 at the origin, where there is no derivative. */
function angleVjp({ inputs: [y, x], cotangent }: VjpContext<null>): Tensor[] {
  // divided by the greater coordinate first, which is a constant factor: squares must neither overflow nor vanish
  const size = stopGradient([nonZero(maximum([abs([y!], null), abs([x!], null)], null))], null)
  const [v, u] = [div([y!, size], null), div([x!, size], null)]
  const square = nonZero(add([mul([u, u], null), mul([v, v], null)], null))
  const rate = div([div([cotangent, size], null), square], null)
  return [mul([rate, u], null), neg([mul([rate, v], null)], null)]
}

/** The angle of the point (operand 1, operand 0) in -π .. π; the derivative at the origin is 0. */
export const atan2 = defineBinary('atan2', { operand: 'float', fn: 'atan2', reference: Math.atan2, vjp: angleVjp })
