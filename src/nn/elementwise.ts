// Layers without parameters: activations, flatten, rescale and dropout.

import { isFloating } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import { parameter, type Tensor } from '../ir/tensor.ts'
import * as activations from '../ops/activations.ts'
import * as arithmetic from '../ops/arithmetic.ts'
import * as elementary from '../ops/elementary.ts'
import { reshape } from '../ops/shaping.ts'
import { bernoulli } from '../random/index.ts'
import { type Empty, type Layer, stateless } from './layer.ts'

/**
 * A function of the batch as a layer, elementwise or not, but it must keep the batch axis.
 * @throws ArgumentError when `fn` is no function.
 */
export function activation(fn: (x: Tensor) => Tensor, name = 'activation'): Layer<Empty, Empty> {
  if (typeof fn !== 'function') throw new ArgumentError(`activation: expected a function of a tensor, got ${typeof fn}`)
  // the shape rule is that of `fn` itself, applied to a batch of one that is never computed
  const outputShape = (inputShape: Shape): Shape =>
    fn(parameter({ shape: [1, ...inputShape], dtype: 'float32' }, 'input')).shape.slice(1)
  return stateless(name, outputShape, fn)
}

/** `max(x, 0)`. */
export const relu = (): Layer<Empty, Empty> => activation(activations.relu, 'relu()')
/** Hyperbolic tangent. */
export const tanh = (): Layer<Empty, Empty> => activation(elementary.tanh, 'tanh()')
/** `1 / (1 + e^-x)`. */
export const sigmoid = (): Layer<Empty, Empty> => activation(activations.sigmoid, 'sigmoid()')
/** `x` for positive `x`, else `slope · x`. */
export const leakyRelu = (slope = 0.01): Layer<Empty, Empty> =>
  activation((x) => activations.leakyRelu(x, slope), `leakyRelu(${slope})`)
/** The Gaussian error linear unit, exact unless the option asks for its tanh form. */
export const gelu = (options: activations.GeluOptions = {}): Layer<Empty, Empty> =>
  activation((x) => activations.gelu(x, options), 'gelu()')

/** All axes but the batch joined into one. */
export function flatten(): Layer<Empty, Empty> {
  return stateless(
    'flatten()',
    (inputShape) => [sizeOf(inputShape)],
    (x) => reshape(x, [x.shape[0] ?? 1, sizeOf(x.shape.slice(1))]),
  )
}

/**
 * `x · factor`; integers become float32. `rescale(1 / 255)` maps bytes to 0 .. 1.
 * @throws ArgumentError unless the factor is a finite number.
 */
export function rescale(factor: number): Layer<Empty, Empty> {
  if (!Number.isFinite(factor)) throw new ArgumentError(`rescale: the factor must be a finite number, got ${factor}`)
  return stateless(
    `rescale(${factor})`,
    (inputShape) => inputShape,
    (x) => arithmetic.mul(isFloating(x.dtype) ? x : arithmetic.cast(x, 'float32'), factor),
  )
}

/**
 * While training, sets elements to 0 with probability `rate` and divides the others by `1 - rate`, so that the mean stays; else the
 * identity. Srivastava et al., 2014.
 * @throws ArgumentError unless `0 <= rate < 1`, and when it is applied in training without a key.
 */
export function dropout(rate: number): Layer<Empty, Empty> {
  if (!(rate >= 0 && rate < 1)) throw new ArgumentError(`dropout: the rate must be at least 0 and below 1, got ${rate}`)
  return stateless(
    `dropout(${rate})`,
    (inputShape) => inputShape,
    (x, { training, key }) => {
      if (!training || rate === 0) return x
      if (key === undefined)
        throw new ArgumentError(`dropout(${rate}): training needs a key: apply(variables, x, { training: true, key })`)
      return arithmetic.where(bernoulli(key, 1 - rate, x.shape), arithmetic.mul(x, 1 / (1 - rate)), 0)
    },
  )
}
