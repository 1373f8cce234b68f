// Tensors from shapes and numbers: constants, ranges, coordinates, one-hot codes.

import { ArgumentError, DTypeError } from '../core/errors.ts'
import { type DType, isInteger } from '../core/dtype.ts'
import { checkShape, normalizeAxis, type Shape } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { full as fullOf, fullLike as likeOf, iota } from '../primitives/literal.ts'
import { add, equal, mul } from './arithmetic.ts'
import { broadcastTensor, castTo } from './operand.ts'
import { expandDims } from './shaping.ts'

/** int32 (or other) coordinates `0, 1, ...` along an axis of a shape. */
export function indices(shape: Shape, axis = 0, dtype: DType = 'int32'): Tensor {
  checkShape('indices', shape)
  return iota([], { shape, axis: normalizeAxis('indices', axis, shape.length), dtype })
}

/** `start, start + step, ...` below `stop`: float32, or int32 when asked for. */
export function arange(start: number, stop?: number, step = 1, dtype: DType = 'float32'): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop]
  if (!Number.isFinite(from) || !Number.isFinite(to) || !Number.isFinite(step) || step === 0) {
    throw new ArgumentError(`arange: expected finite bounds and a step other than 0, got ${from}, ${to}, ${step}`)
  }
  const length = Math.max(0, Math.ceil((to - from) / step))
  return castTo(add(mul(indices([length], 0, dtype), step), from), dtype)
}

/** `count` evenly spaced float32 values from `start` to `stop`, both included. */
export function linspace(start: number, stop: number, count: number): Tensor {
  if (!Number.isInteger(count) || count < 1)
    throw new ArgumentError(`linspace: expected a count of at least 1, got ${count}`)
  return add(mul(indices([count], 0, 'float32'), count === 1 ? 0 : (stop - start) / (count - 1)), start)
}

/** A tensor of one repeated value. */
export function full(shape: Shape, value: number, dtype: DType = 'float32'): Tensor {
  checkShape('full', shape)
  return fullOf(shape, value, dtype)
}

/** A tensor of zeros. */
export const zeros = (shape: Shape, dtype: DType = 'float32'): Tensor => full(shape, 0, dtype)

/** A tensor of ones. */
export const ones = (shape: Shape, dtype: DType = 'float32'): Tensor => full(shape, 1, dtype)

/** A tensor of one repeated value with the shape and dtype of `x`. */
export const fullLike = (x: Tensor, value: number): Tensor => likeOf(x, value)

/** Zeros with the shape and dtype of `x`. */
export const zerosLike = (x: Tensor): Tensor => likeOf(x, 0)

/** Ones with the shape and dtype of `x`. */
export const onesLike = (x: Tensor): Tensor => likeOf(x, 1)

/** The identity matrix. */
export function eye(size: number, dtype: DType = 'float32'): Tensor {
  return castTo(equal(indices([size, size], 0), indices([size, size], 1)), dtype)
}

/**
 * `[..., classes]` with 1 at each label and 0 elsewhere; a label out of range gives zeros.
 * @throws DTypeError when the labels are not integers.
 */
export function oneHot(labels: Tensor, classes: number, dtype: DType = 'float32'): Tensor {
  if (!isInteger(labels.dtype)) throw new DTypeError(`oneHot: labels must be integers, got ${labels.dtype}`)
  const shape = [...labels.shape, classes]
  const expanded = broadcastTensor(expandDims(castTo(labels, 'int32'), -1), shape)
  return castTo(equal(indices(shape, shape.length - 1), expanded), dtype)
}
