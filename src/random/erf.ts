// The error function, for numbers on the host, and its inverse, for float32 tensors: what normal draws are made of.

import type { Tensor } from '../ir/tensor.ts'
import { add, less, log, mul, neg, sqrt, sub, where } from '../ops/arithmetic.ts'

/** `2/√π ∫₀ˣ e^(-t²) dt` of a number, in float64. */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x)
  // 2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!: all terms have one sign, so nothing cancels
  let term = x
  let total = x
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(total); n++) {
    term *= (2 * x * x) / (2 * n + 1)
    total += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total
}

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
