// Distributions: a key and a shape in, a tensor of draws out, by the algorithms of jax.random, so that equal keys give equal
// numbers: the same bits for uniform draws and integers, the same to rounding for normal ones.

import type { DType } from '../core/dtype.ts'
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts'
import { broadcastShapes, formatShape, sameShape, type Shape } from '../core/shape.ts'
import { Tensor } from '../ir/tensor.ts'
import {
  add,
  bitcast,
  less,
  lessEqual,
  maximum,
  minimum,
  mul,
  or,
  rem,
  shiftRight,
  sub,
  where,
} from '../ops/arithmetic.ts'
import { castTo, scalar, type TensorLike } from '../ops/operand.ts'
import { erf, erfInv } from './erf.ts'
import { bits, splitKeys } from './keys.ts'

/** Float dtypes of draws. They are made as float32; float64 holds the same values. */
export type DrawDType = 'float32' | 'float64'

/** Options of draws of floats. */
export interface DrawOptions {
  readonly dtype?: DrawDType
}

/** Options of `uniform`: from `min` (default 0, included) to `max` (default 1, excluded up to rounding). */
export interface UniformOptions extends DrawOptions {
  readonly min?: TensorLike
  readonly max?: TensorLike
}

/** Options of `truncatedNormal`: bounds in standard deviations, default -2 and 2. */
export interface TruncatedNormalOptions extends DrawOptions {
  readonly lower?: number
  readonly upper?: number
}

/**
 * float32 draws in the dtype that was asked for.
 * @throws DTypeError unless it is float32 or float64.
 */
export function finish(operation: string, draws: Tensor, dtype: DType = 'float32'): Tensor {
  if (dtype !== 'float32' && dtype !== 'float64')
    throw new DTypeError(`${operation}: draws are float32 or float64, not ${dtype}; cast them`)
  return castTo(draws, dtype)
}

const float32 = (x: TensorLike): Tensor => (x instanceof Tensor ? castTo(x, 'float32') : scalar(x, 'float32'))

/** Uniform draws from `min` (included) to `max`: 2^23 evenly spaced values. */
export function uniform(key: Tensor, shape: Shape, options: UniformOptions = {}): Tensor {
  const { min = 0, max = 1 } = options
  // 23 random bits as the mantissa of a float32 in [1, 2)
  const unit = sub(bitcast(or(shiftRight(bits(key, shape), 9), 0x3f800000), 'float32'), 1)
  const from = float32(min)
  const draws = min === 0 && max === 1 ? unit : maximum(from, add(mul(unit, sub(float32(max), from)), from))
  return finish('random.uniform', draws, options.dtype)
}

/**
 * int32 draws from `min` (included) to `max` (excluded); all are `min` where `max` is not greater. Numbers inside jit are float32
 * tensors: exact below 2^24.
 * @throws ArgumentError for bounds that are no int32 integers.
 */
export function randint(key: Tensor, shape: Shape, min: TensorLike, max: TensorLike): Tensor {
  const bound = (x: TensorLike): Tensor => {
    if (x instanceof Tensor) return castTo(x, 'int32')
    if (typeof x !== 'number' || x !== (x | 0))
      throw new ArgumentError(`random.randint: bounds must be int32 integers, got ${String(x)}`)
    return scalar(x, 'int32')
  }
  const [from, to] = [bound(min), bound(max)]
  const [highKey, lowKey] = splitKeys(key, 2)
  const span = where(lessEqual(to, from), scalar(1, 'uint32'), castTo(sub(to, from), 'uint32'))
  // 64 random bits modulo span, from two words: (high · 2^32 + low) mod span, with 2^32 mod span squared from 2^16
  const half = rem(scalar(2 ** 16, 'uint32'), span)
  const factor = rem(mul(half, half), span)
  const offset = rem(add(mul(rem(bits(highKey!, shape), span), factor), rem(bits(lowKey!, shape), span)), span)
  return add(from, castTo(offset, 'int32'))
}

/**
 * bool draws that are true with probability `p`, which broadcasts to `shape` (its own shape when missing).
 * @throws ArgumentError for a number outside 0 .. 1; ShapeError when `p` does not broadcast to `shape`.
 */
export function bernoulli(key: Tensor, p: TensorLike = 0.5, shape: Shape = p instanceof Tensor ? p.shape : []): Tensor {
  if (typeof p === 'number' && !(p >= 0 && p <= 1))
    throw new ArgumentError(`random.bernoulli: p must be a probability, got ${p}`)
  const probability = float32(p)
  if (!sameShape(broadcastShapes('random.bernoulli', shape, probability.shape), shape)) {
    throw new ShapeError(
      `random.bernoulli: p ${formatShape(probability.shape)} does not broadcast to shape ${formatShape(shape)}`,
    )
  }
  return less(uniform(key, shape), probability)
}

const BELOW_ONE = 1 - 2 ** -24 // the greatest float32 below 1

/** Draws from the normal distribution of mean 0 and variance 1. */
export function normal(key: Tensor, shape: Shape, options: DrawOptions = {}): Tensor {
  const u = uniform(key, shape, { min: -BELOW_ONE, max: 1 })
  return finish('random.normal', mul(erfInv(u), Math.SQRT2), options.dtype)
}

/** The float32 next to `x` (not 0) toward 0 or away from it. */
function neighbour(x: number, away: boolean): number {
  const float = new Float32Array([x])
  const word = new Int32Array(float.buffer)
  word[0] = word[0]! + (away ? 1 : -1)
  return float[0]!
}

/**
 * Draws from the normal distribution of mean 0 and variance 1 (before truncation) between two bounds, both excluded.
 * @throws ArgumentError unless `lower < upper`, both finite.
 */
export function truncatedNormal(key: Tensor, shape: Shape, options: TruncatedNormalOptions = {}): Tensor {
  const { lower = -2, upper = 2 } = options
  if (!(Number.isFinite(lower) && Number.isFinite(upper) && lower < upper)) {
    throw new ArgumentError(`random.truncatedNormal: expected finite bounds lower < upper, got ${lower} and ${upper}`)
  }
  const u = uniform(key, shape, { min: erf(lower / Math.SQRT2), max: erf(upper / Math.SQRT2) })
  const draws = mul(erfInv(u), Math.SQRT2)
  // rounding must not reach the bounds
  const least = lower === 0 ? 2 ** -126 : neighbour(lower, lower > 0)
  const greatest = upper === 0 ? -(2 ** -126) : neighbour(upper, upper < 0)
  return finish('random.truncatedNormal', minimum(maximum(draws, least), greatest), options.dtype)
}
