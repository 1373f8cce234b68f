// The error function and the distribution function of the normal distribution.

import { errorFunction, normalDistribution } from '../ir/errorFunction.ts'
import type { Tensor } from '../ir/tensor.ts'
import { mul } from './arithmetic.ts'
import { defineUnary } from './elementwiseRules.ts'
import { exp } from './exponential.ts'
import { fullLike } from './literal.ts'
import { erfOf, normalCdfOf } from './reference.ts'

/** `c e^(-s x²)`. */
const bell = (x: Tensor, s: number, c: number): Tensor =>
  mul([exp([mul([mul([x, x], null), fullLike(x, -s)], null)], null), fullLike(x, c)], null)

/** `2/√π ∫₀ˣ e^(-t²) dt`. */
export const erf = defineUnary('erf', {
  operand: 'float',
  reference: erfOf,
  element: errorFunction,
  // d erf(x) = 2/√π e^(-x²) dx
  vjp: ({ inputs: [x], cotangent }) => mul([cotangent, bell(x!, 1, 2 / Math.sqrt(Math.PI))], null),
})

/** The probability that a normal draw is at most `x`, `(1 + erf(x/√2)) / 2`, with the digits of small results. */
export const normalCdf = defineUnary('normalCdf', {
  operand: 'float',
  reference: normalCdfOf,
  element: normalDistribution,
  // d Φ(x) = e^(-x²/2) / √(2π) dx
  vjp: ({ inputs: [x], cotangent }) => mul([cotangent, bell(x!, 0.5, 1 / Math.sqrt(2 * Math.PI))], null),
})
