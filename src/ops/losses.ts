// Losses: predictions and targets in, one value per sample out (per label for classes, per row for distributions and directions),
// or their mean or sum when asked for. Values per sample are the default, since a trainer that splits a batch needs them.

import { formatAval } from '../core/aval.ts'
import { isFloating } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { sameShape } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { relu, softplus } from './activations.ts'
import { abs, add, and, div, greater, less, lessEqual, mul, neg, square, stopGradient, sub, where } from './arithmetic.ts' // prettier-ignore
import { exp, expm1, log, log1p, sqrt } from './elementary.ts'
import { type LossOptions, reduceLoss } from './lossReduction.ts'
import { asTensor, castTo, commonDType, type TensorLike } from './operand.ts'
import { max, mean, sum } from './reductions.ts'
import { expandDims } from './shaping.ts'

export { type CrossEntropyOptions, softmaxCrossEntropy } from './crossEntropy.ts'
export type { LossOptions, Reduction } from './lossReduction.ts'

type Pair = readonly [Tensor, Tensor]

/** Both operands as floats of one dtype and shape. */
function pairOf(operation: string, predictions: TensorLike, targets: TensorLike): Pair {
  const given = [asTensor(operation, predictions), asTensor(operation, targets)] as const
  const [x, y] = given
  if (!sameShape(x.shape, y.shape)) {
    const remedy = x.size === y.size ? ': reshape one of them' : ''
    throw new ShapeError(
      `${operation}: predictions ${formatAval(x.aval)} and targets ${formatAval(y.aval)} differ in shape${remedy}`,
    )
  }
  const common = commonDType(given)
  const dtype = isFloating(common) ? common : 'float32'
  return [castTo(x, dtype), castTo(y, dtype)]
}

/** `element` of predictions and targets of one shape `[B, ...]`, averaged over all axes but the first. */
function elementwiseLoss(
  operation: string,
  predictions: TensorLike,
  targets: TensorLike,
  options: LossOptions,
  element: (prediction: Tensor, target: Tensor) => Tensor,
): Tensor {
  const [x, y] = pairOf(operation, predictions, targets)
  const loss = element(x, y)
  const axes = x.shape.map((_, axis) => axis).slice(1)
  return reduceLoss(operation, axes.length === 0 ? loss : mean(loss, axes), options)
}

/** Squared error, averaged within each sample: `[B, ...]` gives `[B]`. Its `mean` is PyTorch's mse_loss. */
export function meanSquaredError(predictions: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  return elementwiseLoss('meanSquaredError', predictions, targets, options, (x, y) => square(sub(x, y)))
}

/** Absolute error, averaged within each sample: `[B, ...]` gives `[B]`. Where prediction and target are equal its derivative is 0. */
export function meanAbsoluteError(predictions: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  return elementwiseLoss('meanAbsoluteError', predictions, targets, options, (x, y) => abs(sub(x, y)))
}

/**
 * Cross-entropy of `sigmoid(logits)` against targets in 0 .. 1, averaged within each sample: `[B, ...]` gives `[B]`. Right to rounding
 * for all finite logits, also where it is tiny.
 */
export function sigmoidBinaryCrossEntropy(logits: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  // -z log σ(x) - (1 - z) log(1 - σ(x)): both logarithms are -softplus, both terms at least 0, so nothing cancels
  return elementwiseLoss('sigmoidBinaryCrossEntropy', logits, targets, options, (x, z) =>
    add(mul(softplus(x), sub(1, z)), mul(softplus(neg(x)), z)),
  )
}

/** Options of `huber`. */
export interface HuberOptions extends LossOptions {
  /** Up to which absolute error the loss is quadratic; default 1. */
  readonly delta?: number
}

/**
 * Half the squared error up to `delta`, linear beyond it, averaged within each sample: `[B, ...]` gives `[B]`. At an error of ±delta both
 * forms and their derivatives agree; the second derivative there is 1, that of the quadratic. Huber, 1964.
 * @throws ArgumentError unless `delta` is positive.
 */
export function huber(predictions: TensorLike, targets: TensorLike, options: HuberOptions = {}): Tensor {
  const { delta = 1 } = options
  if (!(delta > 0 && Number.isFinite(delta)))
    throw new ArgumentError(`huber: delta must be a positive number, got ${delta}`)
  return elementwiseLoss('huber', predictions, targets, options, (x, y) => {
    const error = sub(x, y)
    const size = abs(error)
    return where(lessEqual(size, delta), mul(square(error), 0.5), mul(sub(size, delta / 2), delta))
  })
}

/**
 * `max(0, 1 - y x)` for targets `y` of -1 or 1, averaged within each sample: `[B, ...]` gives `[B]`. At the margin, `y x = 1`, the
 * derivative is 0. Cortes and Vapnik, 1995.
 */
export function hinge(predictions: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  return elementwiseLoss('hinge', predictions, targets, options, (x, y) => relu(sub(1, mul(x, y))))
}

/**
 * `log cosh` of the error, averaged within each sample: `[B, ...]` gives `[B]`. About half the square of small errors and the absolute
 * value, less log 2, of large ones; smooth everywhere, its derivative is tanh.
 */
export function logCosh(predictions: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  return elementwiseLoss('logCosh', predictions, targets, options, (x, y) => {
    const error = sub(x, y)
    const near = less(abs(error), 1)
    // cosh e - 1 = (e^e - 1)² / 2e^e keeps the digits of small errors, |e| + log(1 + e^-2|e|) - log 2 does not overflow at large ones
    const small = where(near, error, 0)
    const large = abs(where(near, 1, error))
    return where(
      near,
      log1p(div(square(expm1(small)), mul(exp(small), 2))),
      add(sub(large, Math.LN2), log1p(exp(mul(large, -2)))),
    )
  })
}

/** Options of `klDivergence`. */
export interface KlDivergenceOptions extends LossOptions {
  /** Whether the targets are logarithms of probabilities too. Default false. */
  readonly logTargets?: boolean
}

/**
 * Kullback-Leibler divergence `Σ t (log t - p)` along the last axis, `[..., C]` to `[...]`, of a distribution `t` from predictions `p`
 * that are logarithms of probabilities (`logSoftmax(logits)`), as in PyTorch, whose `batchmean` is the `mean` here. A target of 0 adds 0,
 * and so does its derivative.
 * @throws ShapeError when shapes differ or there is no axis of classes.
 */
export function klDivergence(predictions: TensorLike, targets: TensorLike, options: KlDivergenceOptions = {}): Tensor {
  const [p, t] = rowsOf('klDivergence', predictions, targets)
  if (options.logTargets) return reduceLoss('klDivergence', sum(mul(exp(t), sub(t, p)), -1), options)
  const some = greater(t, 0)
  const terms = mul(where(some, t, 0), sub(log(where(some, t, 1)), where(some, p, 0)))
  return reduceLoss('klDivergence', sum(terms, -1), options)
}

/**
 * The negative cosine of the angle between rows, along the last axis: `[..., D]` to `[...]`; -1 for equal directions, as Keras' loss of
 * this name. A row of zeros has similarity 0 and derivative 0. Rows of any finite scale are taken.
 * @throws ShapeError when shapes differ or there is no last axis.
 */
export function cosineSimilarity(predictions: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  const [x, y] = rowsOf('cosineSimilarity', predictions, targets)
  if (x.size === 0) return reduceLoss('cosineSimilarity', neg(sum(mul(x, y), -1)), options)
  // the cosine does not change with the scale of a row, so the scale that keeps squares in range needs no derivative
  const sized = (row: Tensor): { unit: Tensor; some: Tensor } => {
    const size = stopGradient(max(abs(row), -1))
    const some = greater(size, 0)
    return { unit: div(row, expandDims(where(some, size, 1), -1)), some }
  }
  const [a, b] = [sized(x), sized(y)]
  const some = and(a.some, b.some)
  const lengths = sqrt(where(some, mul(sum(square(a.unit), -1), sum(square(b.unit), -1)), 1))
  const cosine = where(some, div(sum(mul(a.unit, b.unit), -1), lengths), 0)
  return reduceLoss('cosineSimilarity', neg(cosine), options)
}

/** Both operands as floats of one dtype and shape, with a last axis. */
function rowsOf(operation: string, predictions: TensorLike, targets: TensorLike): Pair {
  const [x, y] = pairOf(operation, predictions, targets)
  if (x.rank === 0) throw new ShapeError(`${operation}: expected a last axis to sum over, got ${formatAval(x.aval)}`)
  return [x, y]
}
