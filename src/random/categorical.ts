// Draws from categorical distributions by the Gumbel-max trick: the greatest of `logits + Gumbel noise` is class k with
// probability softmax(logits)[k]. The noise is that of jax.random.gumbel, so equal keys choose equal classes.

import { formatAval } from '../core/aval.ts'
import { ShapeError } from '../core/errors.ts'
import { broadcastShapes, formatShape, sameShape, type Shape } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { add, neg } from '../ops/arithmetic.ts'
import { log } from '../ops/elementary.ts'
import { asTensor, castTo, type TensorLike } from '../ops/operand.ts'
import { argMax } from '../ops/reductions.ts'
import { type DrawOptions, finish, uniform } from './distributions.ts'

const LEAST_NORMAL = 2 ** -126 // the least normal float32: its logarithm is finite

/** Draws from the standard Gumbel distribution, `-log(-log(u))` for uniform `u`: mean 0.5772, variance π²/6. */
export function gumbel(key: Tensor, shape: Shape, options: DrawOptions = {}): Tensor {
  const u = uniform(key, shape, { min: LEAST_NORMAL })
  return finish('random.gumbel', neg(log(neg(log(u)))), options.dtype)
}

/** Options of `categorical`: the shape of the result, to which `logits.shape` without its last axis broadcasts (its default). */
export interface CategoricalOptions {
  readonly shape?: Shape
}

/**
 * int32 classes `0 .. C - 1` drawn with probabilities `softmax(logits)`; logits are `[..., C]` and need not be normalised. A class
 * whose logit is -Infinity is never drawn (unless all are).
 * @throws ShapeError for a scalar, no classes, or a shape to which the logits do not broadcast.
 */
export function categorical(key: Tensor, logits: TensorLike, options: CategoricalOptions = {}): Tensor {
  const given = asTensor('random.categorical', logits)
  const classes = given.shape.at(-1)
  if (classes === undefined || classes === 0) {
    throw new ShapeError(
      `random.categorical: expected logits [..., classes] with at least one class, got ${formatAval(given.aval)}`,
    )
  }
  const batch = given.shape.slice(0, -1)
  const shape = options.shape ?? batch
  if (!sameShape(broadcastShapes('random.categorical', shape, batch), shape)) {
    throw new ShapeError(
      `random.categorical: logits ${formatShape(given.shape)} give draws ${formatShape(batch)}, which do not broadcast to shape ${formatShape(shape)}`,
    )
  }
  const noise = gumbel(key, [...shape, classes])
  return argMax(add(castTo(given, 'float32'), noise), -1)
}
