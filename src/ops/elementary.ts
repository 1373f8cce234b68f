// Logarithm and exponential near 1 and 0, where log(1 + x) and e^x - 1 as written lose the digits of x. Both are composites
// that stay right to rounding, and whose derivatives are the exact ones.

import type { Tensor } from '../ir/tensor.ts'
import { abs, add, div, exp, less, log, mul, stopGradient, sub, tanh, where } from './arithmetic.ts'
import type { TensorLike } from './operand.ts'

/** `log(1 + x)`, also for `x` so small that `1 + x` rounds to 1. */
export function log1p(x: TensorLike): Tensor {
  const w = add(x, 1)
  // log(1 + x) = log(w) + (1 + x - w) / w to first order in what rounding took from w; the derivative is that of log(w)
  return add(log(w), stopGradient(div(sub(x, sub(w, 1)), w)))
}

/** `e^x - 1`, also for `x` so small that `e^x` rounds to 1. */
export function expm1(x: TensorLike): Tensor {
  const near = less(abs(x), 1)
  // e^x - 1 = 2 t / (1 - t) with t = tanh(x / 2); far from 0 the quotient would overflow, so x is replaced there
  const t = tanh(mul(where(near, x, 0), 0.5))
  return where(near, div(mul(t, 2), sub(1, t)), sub(exp(x), 1))
}
