// Activation functions, elementwise, written so that neither values nor derivatives overflow or lose their digits for any finite
// `x`. NaN stays NaN. Kinks take PyTorch's derivative. Integers are computed as float32, except by relu.

import { ArgumentError } from '../core/errors.ts'
import type { Tensor } from '../ir/tensor.ts'
import * as p from '../primitives/elementwise.ts'
import { abs, add, clip, div, greater, greaterEqual, less, lessEqual, mul, neg, square, where } from './arithmetic.ts'
import { expm1, tanh } from './elementary.ts'
import { ofReal, type TensorLike, toFloat, toNumber } from './operand.ts'

/** `1 / (1 + e^-x)`. */
export const sigmoid = ofReal('sigmoid', p.sigmoid)

/** `log(1 + e^x)`; the derivative is the sigmoid. */
export const softplus = ofReal('softplus', p.softplus)

/** `log(sigmoid(x))`. */
export const logSigmoid = (x: TensorLike): Tensor => neg(softplus(neg(toFloat('logSigmoid', x))))

/** `max(x, 0)`; the derivative at 0 is 0. Of integers an integer. */
export const relu = (x: TensorLike): Tensor => p.relu([toNumber('relu', x)], null)

/** `min(max(x, 0), 6)`; the derivative is 0 at both limits. */
export function relu6(x: TensorLike): Tensor {
  const value = toFloat('relu6', x)
  return where(greaterEqual(value, 6), 6, relu(value))
}

/** `x` for positive `x`, else `slope · x`, also for the derivative at 0. */
export const leakyRelu = (x: TensorLike, slope = 0.01): Tensor => prelu(x, slope)

/** `x` for positive `x`, else `slope · x`, with a slope that is learned and broadcasts to `x`. He et al., 2015. */
export function prelu(x: TensorLike, slope: TensorLike): Tensor {
  const value = toFloat('prelu', x)
  return where(greater(value, 0), value, mul(value, slope))
}

/** `x` for positive `x`, else `alpha (e^x - 1)`. Clevert et al., 2015. */
export function elu(x: TensorLike, alpha = 1): Tensor {
  const value = toFloat('elu', x)
  const positive = greater(value, 0)
  // the branch that is not taken must not overflow, or its derivative would be 0 · ∞
  return where(positive, value, mul(expm1(where(positive, 0, value)), alpha))
}

/** `scale · elu(x, alpha)` with the constants that keep mean 0 and variance 1. Klambauer et al., 2017. */
export const selu = (x: TensorLike): Tensor => mul(elu(x, 1.6732632423543772), 1.0507009873554805)

/**
 * `x` for positive `x`, else `alpha (e^(x / alpha) - 1)`: an elu whose derivative is continuous for every alpha. Barron, 2017.
 * @throws ArgumentError when alpha is 0.
 */
export function celu(x: TensorLike, alpha = 1): Tensor {
  if (alpha === 0) throw new ArgumentError('celu: alpha must not be 0: it divides x; use relu(x) for the limit')
  const value = toFloat('celu', x)
  const positive = greater(value, 0)
  return where(positive, value, mul(expm1(div(where(positive, 0, value), alpha)), alpha))
}

/** `x sigmoid(x)`, also called swish. */
export function silu(x: TensorLike): Tensor {
  const value = toFloat('silu', x)
  return mul(value, sigmoid(value))
}

/** `x tanh(softplus(x))`. Misra, 2019. */
export function mish(x: TensorLike): Tensor {
  const value = toFloat('mish', x)
  return mul(value, tanh(softplus(value)))
}

/** Options of `gelu`. */
export interface GeluOptions {
  /** The form with tanh, within 5e-4 of the exact one. Default false. */
  readonly approximate?: boolean
}

const GELU_FACTOR = 2 * Math.sqrt(2 / Math.PI)

/** Where the tanh form is 0 or x in float64 too. */
const GELU_LIMIT = 100

/**
 * The Gaussian error linear unit, `x Φ(x)` with the normal distribution function; approximated, it is
 * `x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))`. Hendrycks and Gimpel, 2016.
 */
export function gelu(x: TensorLike, options: GeluOptions = {}): Tensor {
  const value = toFloat('gelu', x)
  if (options.approximate !== true) return mul(value, p.normalCdf([value], null))
  // (1 + tanh u) / 2 = σ(2u), which does not cancel in its tail; the cube must not overflow, or its derivative would be 0 · ∞
  const t = clip(value, -GELU_LIMIT, GELU_LIMIT)
  const slope = mul(square(t), GELU_FACTOR * 0.044715)
  return mul(value, sigmoid(mul(t, add(slope, GELU_FACTOR))))
}

/** `relu6(x + 3) / 6`; the derivative is 0 at both kinks. */
export const hardSigmoid = (x: TensorLike): Tensor => div(relu6(add(toFloat('hardSigmoid', x), 3)), 6)

/** `x hardSigmoid(x)`; at its kinks, -3 and 3, the derivative is that of the middle: -1/2 and 3/2. Howard et al., 2019. */
export function hardSwish(x: TensorLike): Tensor {
  const value = toFloat('hardSwish', x)
  const middle = div(mul(value, add(value, 3)), 6)
  return where(less(value, -3), 0, where(lessEqual(value, 3), middle, value))
}

/** `x` limited to -1 .. 1; the derivative is 0 at both limits. */
export function hardTanh(x: TensorLike): Tensor {
  const value = toFloat('hardTanh', x)
  return where(greaterEqual(value, 1), 1, where(lessEqual(value, -1), -1, value))
}

/** `x / (1 + |x|)`. */
export function softsign(x: TensorLike): Tensor {
  const value = toFloat('softsign', x)
  return div(value, add(abs(value), 1))
}
