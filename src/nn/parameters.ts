// How layers make their parameters: an initializer's tensor, checked, and the fans that it scales by.

import { ArgumentError, ShapeError } from '../core/errors.ts'
import { formatShape, sameShape, type Shape, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import type { Fans, Initializer } from './initializers.ts'

/** @throws ArgumentError unless every initializer is a function. */
export function checkInitializers(layer: string, ...initializers: readonly unknown[]): void {
  if (initializers.some((initializer) => typeof initializer !== 'function'))
    throw new ArgumentError(`${layer}: initializers are functions, e.g. nn.initializers.heNormal`)
}

/** @throws ArgumentError unless `value` is a positive integer. */
export function checkPositive(layer: string, what: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new ArgumentError(`${layer}: ${what} must be a positive integer, got ${value}`)
}

/**
 * The first value of a parameter.
 * @throws ShapeError when the initializer gives another shape.
 */
export function initialized(layer: string, initializer: Initializer, key: Tensor, shape: Shape, fans: Fans): Tensor {
  const made = initializer(key, shape, fans)
  if (sameShape(made.shape, shape)) return made
  throw new ShapeError(
    `${layer}: an initializer gave ${formatShape(made.shape)} for a parameter of shape ${formatShape(shape)}`,
  )
}

/**
 * The extents of a sample along its last axis.
 * @throws ShapeError when the sample has fewer than `rank` axes.
 */
export function featuresOf(layer: string, inputShape: Shape, rank = 1): number {
  const features = inputShape.at(-1)
  if (features !== undefined && inputShape.length >= rank) return features
  const expected = rank === 1 ? 'an axis of features' : `${rank} axes, the features last`
  throw new ShapeError(
    `${layer}: a sample needs ${expected}, got the shape ${formatShape(inputShape)} (without the batch axis)`,
  )
}

/** Fans of a kernel whose every output reads `inputs` channels, and whose every input reaches `outputs`, at each position of a window. */
export function windowFans(window: Shape, inputs: number, outputs: number): Fans {
  return { fanIn: sizeOf(window) * inputs, fanOut: sizeOf(window) * outputs }
}
