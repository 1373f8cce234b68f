// Pooling layers over images, channels last: ops/pooling.ts as layers without parameters.

import type { Shape } from '../core/shape.ts'
import { parameter, type Tensor } from '../ir/tensor.ts'
import * as ops from '../ops/pooling.ts'
import type { PerAxis } from '../ops/windowing.ts'
import { type Empty, type Layer, stateless } from './layer.ts'

/** A pool as a layer; its shape rule is that of the operation, applied to a batch of one that is never computed. */
function pool(name: string, apply: (x: Tensor) => Tensor): Layer<Empty, Empty> {
  const outputShape = (inputShape: Shape): Shape =>
    apply(parameter({ shape: [1, ...inputShape], dtype: 'float32' }, 'shape')).shape.slice(1)
  return stateless(name, outputShape, apply)
}

/**
 * The greatest element of every window: `[B, H, W, C]` to `[B, H', W', C]`. Windows do not overlap unless `strides` says so.
 * @throws ShapeError for samples that do not fit, ArgumentError for options that make no sense, when it is initialised or applied.
 */
export function maxPool2d(window: PerAxis, options: ops.PoolOptions = {}): Layer<Empty, Empty> {
  return pool(`maxPool2d(${JSON.stringify(window)})`, (x) => ops.maxPool2d(x, window, options))
}

/** The mean of every window: `[B, H, W, C]` to `[B, H', W', C]`; else as `maxPool2d`. */
export function avgPool2d(window: PerAxis, options: ops.AveragePoolOptions = {}): Layer<Empty, Empty> {
  return pool(`avgPool2d(${JSON.stringify(window)})`, (x) => ops.avgPool2d(x, window, options))
}

/**
 * The mean over all positions: `[B, ...spatial, C]` to `[B, C]`.
 * @throws ShapeError for samples without a spatial axis.
 */
export function globalAveragePool(): Layer<Empty, Empty> {
  return pool('globalAveragePool()', ops.globalAveragePool)
}
