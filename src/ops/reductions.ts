// Reductions over axes and what derives from them. Axes are one or a list, negative ones count from the end, all when missing (for
// argMax, logSumExp and the softmaxes: the last); with `keepDims` they stay with extent 1.

import { isFloating } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { normalizeAxes, normalizeAxis, type Shape, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { sum as sumOf } from '../primitives/broadcast.ts'
import { full } from '../primitives/literal.ts'
import { argMax as argMaxOf, argMin as argMinOf, prod as prodOf, reduceMax, reduceMin } from '../primitives/reduce.ts'
import { slice } from '../primitives/structural.ts'
import { numeric } from './alongAxis.ts'
import { abs, add, div, equal, mul, notEqual, stopGradient, sub, where } from './arithmetic.ts'
import { exp, log, sqrt } from './elementary.ts'
import { asTensor, castTo, type TensorLike } from './operand.ts'
import { reshape } from './shaping.ts'

/** What reductions take: axes (all when missing; negative ones count from the end), and whether those stay with extent 1. */
export type Axes = number | readonly number[]

const keptAs = (shape: Shape, axes: readonly number[]): number[] =>
  shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))

const without = (shape: Shape, axes: readonly number[]): number[] => shape.filter((_, axis) => !axes.includes(axis))

/** The operand as a float: integers and bool become float32. */
function float(name: string, x: TensorLike): Tensor {
  const tensor = asTensor(name, x)
  return isFloating(tensor.dtype) ? tensor : castTo(tensor, 'float32')
}

/** Sorted axes; for a scalar, its only axis -1 or 0 is none at all. */
function axesOf(name: string, axes: Axes | undefined, rank: number): number[] {
  if (rank > 0) return normalizeAxes(name, axes, rank)
  normalizeAxes(name, axes, 1)
  return []
}

const countOver = (shape: Shape, axes: readonly number[]): number => sizeOf(axes.map((axis) => shape[axis]!))

function reduction(name: string, primitive: typeof sumOf) {
  return (x: TensorLike, axes?: Axes, keepDims = false): Tensor => {
    const tensor = numeric(name, x)
    const list = axesOf(name, axes, tensor.rank)
    const reduced = primitive([tensor], { axes: list })
    return keepDims ? reshape(reduced, keptAs(tensor.shape, list)) : reduced
  }
}

/** Sum over axes, 0 of nothing; bool and uint8 count as int32, integers wrap. */
export const sum = reduction('sum', sumOf)

/** Product over axes, 1 of nothing; dtypes as `sum`. The derivative is exact with zeros among the factors, to every order. */
export const prod = reduction('prod', prodOf)

/**
 * Greatest element over axes; ties share the cotangent evenly (as PyTorch's amax). NaN if one is NaN, where the device keeps NaN.
 * @throws ShapeError over an axis without elements.
 */
export const max = reduction('max', reduceMax)

/**
 * Least element over axes; ties share the cotangent evenly (as PyTorch's amin). NaN if one is NaN, where the device keeps NaN.
 * @throws ShapeError over an axis without elements.
 */
export const min = reduction('min', reduceMin)

/** Arithmetic mean over axes, as a float; NaN of nothing. */
export function mean(x: TensorLike, axes?: Axes, keepDims = false): Tensor {
  const tensor = float('mean', x)
  return div(sum(tensor, axes, keepDims), countOver(tensor.shape, axesOf('mean', axes, tensor.rank)))
}

/** 1 where `x` is true or not 0, else 0, as int32. */
function truths(name: string, x: TensorLike): Tensor {
  const tensor = asTensor(name, x)
  return castTo(castTo(tensor, 'bool'), 'int32')
}

/** Whether some element over axes is true (of numbers: not 0), as bool; false of nothing. */
export const any = (x: TensorLike, axes?: Axes, keepDims = false): Tensor =>
  notEqual(sum(truths('any', x), axes, keepDims), 0)

/** Whether every element over axes is true (of numbers: not 0), as bool; true of nothing. */
export const all = (x: TensorLike, axes?: Axes, keepDims = false): Tensor =>
  notEqual(prod(truths('all', x), axes, keepDims), 0)

function position(name: string, primitive: typeof argMaxOf) {
  return (x: TensorLike, axis = -1, keepDims = false): Tensor => {
    const given = numeric(name, x)
    const tensor = given.rank === 0 ? reshape(given, [1]) : given
    const at = normalizeAxis(name, axis, tensor.rank)
    const found = primitive([tensor], { axes: [at] })
    return keepDims && given.rank > 0 ? reshape(found, keptAs(tensor.shape, [at])) : found
  }
}

/**
 * int32 index of the first greatest element along an axis, the last axis when missing; of the first NaN, where the device keeps NaN.
 * @throws ShapeError along an axis without elements.
 */
export const argMax = position('argMax', argMaxOf)

/**
 * int32 index of the first least element along an axis, the last axis when missing; of the first NaN, where the device keeps NaN.
 * @throws ShapeError along an axis without elements.
 */
export const argMin = position('argMin', argMinOf)

/** Options of `variance` and `standardDeviation`. */
export interface VarianceOptions {
  /**
   * What is subtracted from the number of elements before it divides: 0 (default) gives the variance of the elements themselves, as
   * normalization layers take it; 1 gives the unbiased estimate for a population (Bessel), PyTorch's default.
   */
  readonly correction?: number
  readonly keepDims?: boolean
}

/** `x` minus its first element over the axes: a shift that brings numbers far from 0 near it, and equal numbers to 0 exactly. */
function shifted(x: Tensor, axes: readonly number[]): Tensor {
  const start = x.shape.map(() => 0)
  const limit = keptAs(x.shape, axes)
  return sub(x, stopGradient(slice([x], { start, limit, step: start.map(() => 1) })))
}

/**
 * Mean squared distance from the mean over axes, as a float: two passes over shifted values, so that an offset common to all elements
 * costs no digits (Chan, Golub and LeVeque 1983). NaN where no more than `correction` elements are left to divide by.
 * @throws ShapeError for axes out of range.
 */
export function variance(
  x: TensorLike,
  axes?: Axes,
  { correction = 0, keepDims = false }: VarianceOptions = {},
): Tensor {
  const tensor = float('variance', x)
  const list = axesOf('variance', axes, tensor.rank)
  const count = countOver(tensor.shape, list)
  const near = count === 0 ? tensor : shifted(tensor, list)
  const distance = sub(near, mean(near, list, true))
  return div(sum(mul(distance, distance), list, keepDims), Math.max(0, count - correction))
}

/** `√x` with derivative 0 instead of infinity at 0. */
function rootOfSquares(x: Tensor): Tensor {
  const isZero = equal(x, 0)
  return where(isZero, 0, sqrt(where(isZero, 1, x)))
}

/**
 * Square root of the variance over axes. Where the variance is 0 its derivative, which is infinite in mathematics, is 0.
 * @throws ShapeError for axes out of range.
 */
export function standardDeviation(x: TensorLike, axes?: Axes, options: VarianceOptions = {}): Tensor {
  return rootOfSquares(variance(x, axes, options))
}

/** Options of `norm`. */
export interface NormOptions {
  /** 2 (default) or 'fro': the root of the sum of squares; 1: the sum of magnitudes; 'inf': the greatest magnitude. */
  readonly order?: 1 | 2 | 'inf' | 'fro'
  readonly axes?: Axes
  readonly keepDims?: boolean
}

/**
 * Norm of the elements over axes (all when missing), taken as one vector, also over two axes: 'fro' is the Frobenius norm of a
 * matrix, the others are no operator norms. At 0 the derivative is 0; for 'inf' ties share it evenly. The squares must not
 * overflow: magnitudes below 1e19 in float32.
 * @throws ArgumentError for another order; ShapeError for axes out of range, and for 'inf' over an axis without elements.
 */
export function norm(x: TensorLike, { order = 2, axes, keepDims = false }: NormOptions = {}): Tensor {
  const tensor = float('norm', x)
  switch (order) {
    case 1:
      return sum(abs(tensor), axes, keepDims)
    case 2:
    case 'fro':
      return rootOfSquares(sum(mul(tensor, tensor), axes, keepDims))
    case 'inf':
      return max(abs(tensor), axes, keepDims)
    default:
      throw new ArgumentError(`norm: expected order 1, 2, 'inf' or 'fro', got ${String(order)}`)
  }
}

/**
 * `log Σ e^x` over axes (the last when missing), without overflow. -Infinity, with derivative 0, where all elements are -Infinity or
 * there is none.
 * @throws ShapeError for axes out of range.
 */
export function logSumExp(x: TensorLike, axes: Axes = -1, keepDims = false): Tensor {
  const tensor = float('logSumExp', x)
  const list = axesOf('logSumExp', axes, tensor.rank)
  const shape = keepDims ? keptAs(tensor.shape, list) : without(tensor.shape, list)
  if (countOver(tensor.shape, list) === 0) return full(shape, -Infinity, tensor.dtype)
  const greatest = stopGradient(max(tensor, list, true))
  // an infinite maximum would give Infinity - Infinity; such rows are shifted by 0 instead
  const shift = where(equal(abs(greatest), Infinity), 0, greatest)
  const nothing = equal(greatest, -Infinity)
  const total = where(nothing, 1, sum(exp(sub(tensor, shift)), list, true))
  return reshape(where(nothing, -Infinity, add(log(total), shift)), shape)
}

/**
 * What the softmaxes share: `x` less its greatest element, and its powers `e^…` with their sums. Of a row of nothing but -Infinity the
 * elements stay as they are and the sum, which would be 0, is 1.
 */
function exponentials(x: Tensor, axes: readonly number[]): { near: Tensor; powers: Tensor; total: Tensor } {
  const greatest = stopGradient(max(x, axes, true))
  const nothing = equal(greatest, -Infinity)
  const near = sub(x, where(nothing, 0, greatest))
  const powers = exp(near)
  return { near, powers, total: where(nothing, 1, sum(powers, axes, true)) }
}

/**
 * `e^x / Σ e^x` over axes (the last when missing), without overflow. A row of nothing but -Infinity, as a mask that leaves nothing
 * gives, is 0 with derivative 0 (PyTorch: NaN).
 * @throws ShapeError for axes out of range.
 */
export function softmax(x: TensorLike, axes: Axes = -1): Tensor {
  const tensor = float('softmax', x)
  const list = axesOf('softmax', axes, tensor.rank)
  if (tensor.size === 0) return tensor
  const { powers, total } = exponentials(tensor, list)
  return div(powers, total)
}

/**
 * `log softmax(x)` over axes (the last when missing), without overflow; -Infinity throughout a row of nothing but -Infinity.
 * @throws ShapeError for axes out of range.
 */
export function logSoftmax(x: TensorLike, axes: Axes = -1): Tensor {
  const tensor = float('logSoftmax', x)
  const list = axesOf('logSoftmax', axes, tensor.rank)
  if (tensor.size === 0) return tensor
  const { near, total } = exponentials(tensor, list)
  return sub(near, log(total))
}
