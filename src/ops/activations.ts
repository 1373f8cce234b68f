// Activation functions beyond relu, leakyRelu, sigmoid and tanh (arithmetic.ts): composites over broadcasting ops, elementwise,
// written so that neither values nor derivatives overflow. Kinks take PyTorch's derivative.

import { ArgumentError } from '../core/errors.ts'
import type { Tensor } from '../ir/tensor.ts'
import { abs, add, and, div, exp, greater, greaterEqual, less, log, maximum, mul, neg, relu, sigmoid, square, stopGradient, sub, tanh, where } from './arithmetic.ts' // prettier-ignore
import { expm1 } from './elementary.ts'
import type { TensorLike } from './operand.ts'

/** `log(1 + e^x)`; the derivative is the sigmoid, to all orders. */
export function softplus(x: TensorLike): Tensor {
  const shift = stopGradient(maximum(x, 0))
  // log(e^x + 1) = m + log(e^(x - m) + e^-m) with m = max(x, 0): one exponential is 1, the other is u = e^-|x|
  const w = add(exp(sub(x, shift)), exp(neg(shift)))
  const lost = div(sub(exp(neg(abs(x))), sub(w, 1)), w) // what rounding took from w, as in log1p
  return add(add(log(w), shift), stopGradient(lost))
}

/** `log(sigmoid(x))`. */
export const logSigmoid = (x: TensorLike): Tensor => neg(softplus(neg(x)))

/** `x` for positive `x`, else `alpha (e^x - 1)`. Clevert et al., 2015. */
export function elu(x: TensorLike, alpha = 1): Tensor {
  const positive = greater(x, 0)
  return where(positive, x, mul(expm1(where(positive, 0, x)), alpha))
}

/** `x sigmoid(x)`, also called swish. */
export const silu = (x: TensorLike): Tensor => mul(x, sigmoid(x))

/** Options of `gelu`. */
export interface GeluOptions {
  /** The form with tanh, the only one so far: the exact one needs the error function. */
  readonly approximate: true
}

/**
 * The Gaussian error linear unit in its tanh form, `x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))`: within 5e-4 of the exact one.
 * Hendrycks and Gimpel, 2016.
 * @throws ArgumentError unless `approximate` is true, since the exact form is not there yet.
 */
export function gelu(x: TensorLike, options: GeluOptions): Tensor {
  if (options?.approximate !== true) {
    throw new ArgumentError('gelu: only the tanh form is there so far: call gelu(x, { approximate: true })')
  }
  const cubic = mul(x, add(mul(square(x), 0.044715), 1))
  return mul(mul(x, 0.5), add(tanh(mul(cubic, Math.sqrt(2 / Math.PI))), 1))
}

/** `x` limited to -1 .. 1; the derivative is 0 at both limits. */
export function hardTanh(x: TensorLike): Tensor {
  const inside = and(greater(x, -1), less(x, 1))
  return where(inside, x, where(greater(x, 0), 1, -1))
}

/** `min(max(x, 0), 6)`; the derivative is 0 at both limits. */
export const relu6 = (x: TensorLike): Tensor => where(greaterEqual(x, 6), 6, relu(x))
