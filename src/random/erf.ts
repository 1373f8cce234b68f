// The inverse of the error function for float32 tensors, and the function itself for numbers: what normal draws are made of.

import type { Tensor } from '../ir/tensor.ts'
import { add, less, mul, neg, sub, where } from '../ops/arithmetic.ts'
import { log, sqrt } from '../ops/elementary.ts'

export { erfOf as erf } from '../primitives/reference.ts'

const CENTRAL = [2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164, 0.246640727, 1.50140941] // prettier-ignore
const TAIL = [-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047, 1.00167406, 2.83297682] // prettier-ignore

/**
 * The inverse of the error function between -1 and 1 (both excluded), to float32 accuracy. Giles, "Approximating the erfinv function",
 * GPU Computing Gems, 2010: a polynomial in `-log(1 - x²)` for the centre, one in its root for the tails.
 */
export function erfInv(x: Tensor): Tensor {
  const w = neg(log(mul(sub(1, x), add(1, x))))
  const central = less(w, 5)
  const t = where(central, sub(w, 2.5), sub(sqrt(w), 3))
  // one polynomial with chosen coefficients instead of two polynomials
  const coefficients = CENTRAL.map((value, i) => where(central, value, TAIL[i]!))
  return mul(x, coefficients.reduce((sum, coefficient) => add(mul(sum, t), coefficient))) // prettier-ignore
}
